using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using static Fabric.Node.Tests.Pipeline.PipelineNode;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>A pod of a lab node: a namespace with a veth into br-fabric. Its flows are the node's to program.</summary>
internal sealed class PipelinePod : IDisposable
{
    private readonly PipelineNode _node;
    private readonly string _link;

    internal PipelinePod(PipelineNode node, int host)
    {
        _node = node;
        var block = node.Parameters.Gateway!.PodCidrs;
        _link = Text($"fabt-p{host}");
        Endpoint = new PodEndpoint
        {
            Port = new((ushort)host),
            Mac = new MacAddress(0x0a_58_00_00_00_00 + (ulong)block[0].At((UInt128)host).Bits % 0x1_0000),
            Addresses = [block[0].At((UInt128)host), block[1].At((UInt128)host)],
        };
        Namespace = LabNamespace.Create(Text($"pod{host}"), ipv6: true);
        Connect();
    }

    internal PodEndpoint Endpoint { get; }

    internal LabNamespace Namespace { get; }

    internal string V4 => Endpoint.Addresses[0].ToString();

    internal string V6 => Endpoint.Addresses[1].ToString();

    internal string Address(bool v6) => v6 ? V6 : V4;

    /// <summary>Takes the flows, the connections, the port and the namespace away, in this order.</summary>
    internal async Task RemoveAsync()
    {
        await _node.ChangeAsync(PodFlows.For(_node.Parameters, Endpoint), []);
        await using (var connection = await _node.ConnectAsync())
        {
            foreach (var address in Endpoint.Addresses)
            {
                foreach (var flush in ConnectionFlush.For(_node.Parameters.ConntrackZone, address))
                    await connection.FlushConnectionsAsync(flush);
            }
        }

        _node.Ovs.Vsctl("del-port", PipelineNode.Bridge, _link);
        _node.Namespace.AcceptAtIngress(_link);
        _node.Namespace.Ip("link", "delete", _link);
        Dispose();
    }

    public void Dispose() => Namespace.Dispose();

    private void Connect()
    {
        var gateway = _node.Parameters.Gateway!.PodCidrs.Select(GatewayEndpoint.GatewayOf).ToArray();
        _node.Namespace.Ip("link", "add", _link, "mtu", "1450", "type", "veth", "peer", "name", "eth0",
            "address", Endpoint.Mac.ToString(), "mtu", "1450", "netns", Namespace.Name);
        _node.Namespace.Ip("link", "set", _link, "addrgenmode", "none");
        _node.Namespace.Ip("link", "set", _link, "up");
        _node.Namespace.DropAtIngress(_link);
        Namespace.Run("sh", "-ec", Text($"""
            echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_ra
            ethtool -K eth0 tx off > /dev/null
            ip link set eth0 up
            ip address add {V4}/24 dev eth0
            ip address add {V6}/64 dev eth0 nodad
            ip route add default via {gateway[0]}
            ip route add default via {gateway[1]}
            """));
        _node.Ovs.Vsctl("add-port", PipelineNode.Bridge, _link, "--", "set", "Interface", _link,
            Text($"ofport_request={Endpoint.Port.Value}"), "mtu_request=1450");
    }
}
