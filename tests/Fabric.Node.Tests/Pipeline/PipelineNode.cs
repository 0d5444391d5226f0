using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Fabric.Lab;
using Fabric.Linux.Nftables;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>
/// A lab node with the pipeline on br-fabric and everything that docs/ovs-pipeline.md asks of the node around it.
/// </summary>
internal sealed class PipelineNode : IDisposable
{
    internal const string Bridge = "br-fabric";
    private const string Gateway = "fabt-gw";

    private readonly LabNode _node;

    internal PipelineNode(LabUnderlay underlay)
    {
        _node = LabNode.Create(underlay);
        var i = _node.Index;
        Parameters = PipelineExample.Network with
        {
            LocalVteps = [IpAddress.From(_node.Address)],
            Gateway = new GatewayEndpoint
            {
                Port = new(2),
                Mac = new MacAddress(0x0a_fa_b0_00_01_00 + (ulong)i),
                PodCidrs = [Cidr.Parse(Text($"10.244.{i}.0/24")), Cidr.Parse(Text($"fd00:10:244:{i}::/64"))],
            },
        };
        AddBridge();
        SetUpHost();
    }

    internal NetworkParameters Parameters { get; }

    internal LabNamespace Namespace => _node.Namespace;

    internal ScratchOvs Ovs => _node.Ovs;

    internal string Address => _node.Address.ToString();

    internal Peer AsPeer => new() { Vteps = Parameters.LocalVteps, PodCidrs = Parameters.Gateway!.PodCidrs };

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    internal Task<OpenFlowConnection> ConnectAsync() =>
        OpenFlowConnection.ConnectAsync($"unix:{Ovs.ManagementSocket(Bridge)}", TimeProvider.System);

    internal async Task ChangeAsync(IEnumerable<Flow> removed, IEnumerable<Flow> added)
    {
        await using var connection = await ConnectAsync();
        await connection.ApplyBundleAsync(
            [.. removed.Select(flow => FlowMod.DeleteStrict(flow.Key)), .. added.Select(FlowMod.Add)]);
    }

    internal ImmutableArray<Flow> NodeFlows(params IEnumerable<PipelineNode> peers) =>
    [
        .. BridgeFlows.For(Parameters), .. GatewayFlows.For(Parameters),
        .. peers.SelectMany(peer => PeerFlows.For(Parameters, peer.AsPeer)),
    ];

    /// <summary>Waits until the datapath knows the neighbour: the first packet to it would be lost.</summary>
    internal void Warm(PipelineNode peer) => _node.WaitUntilReaches(IPAddress.Parse(peer.Address));

    /// <summary>A pod with both families, attached and reachable.</summary>
    internal async Task<PipelinePod> AddPodAsync(int host)
    {
        var pod = new PipelinePod(this, host);
        await ChangeAsync([], PodFlows.For(Parameters, pod.Endpoint));
        return pod;
    }

    internal void SetNodeRules(bool guarded = true, params IEnumerable<IPAddress> vteps) => Namespace.Run(
        ["nft", "-f", "-"], null, NodeRuleset.Render(new NodeRulesetSpec
        {
            GatewayDevice = Gateway,
            ClusterCidrs = [.. Parameters.ClusterCidrs.Select(c => new IPNetwork(c.Network.ToNet(), c.PrefixLength))],
            HostIdentityV4 = Identity(v6: false).ToNet(),
            HostIdentityV6 = Identity(v6: true).ToNet(),
            OverlayUdpPort = guarded ? 4789 : 1,
            Vteps = [.. vteps],
        }));

    internal IpAddress Identity(bool v6) =>
        GatewayEndpoint.IdentityOf(Parameters.Gateway!.PodCidrs.Single(c => c.IsV6 == v6));

    public void Dispose() => _node.Dispose();

    private void AddBridge()
    {
        Ovs.AddBridge(Bridge);
        Ovs.Vsctl(
            "add-port", Bridge, "fab-overlay", "--", "set", "Interface", "fab-overlay", "type=vxlan",
            "ofport_request=1", "options:remote_ip=flow", "options:key=flow", "--",
            "add-port", Bridge, Gateway, "--", "set", "Interface", Gateway, "type=internal", "ofport_request=2",
            $"mac=\"{Parameters.Gateway!.Mac}\"", "mtu_request=1450");
    }

    private void SetUpHost()
    {
        var i = _node.Index;
        Namespace.Run("sh", "-ec", Text($$"""
            set_() { echo "$2" > /proc/sys/net/$1; }
            set_ ipv6/conf/{{Gateway}}/addr_gen_mode 1
            set_ ipv6/conf/{{Gateway}}/disable_ipv6 0
            set_ ipv6/conf/{{Gateway}}/accept_ra 0
            set_ ipv6/conf/{{LabNode.UnderlayBridge}}/disable_ipv6 0
            set_ ipv4/ip_forward 1
            set_ ipv6/conf/all/forwarding 1
            set_ ipv4/conf/all/rp_filter 0
            set_ ipv4/conf/{{Gateway}}/rp_filter 0
            set_ ipv4/conf/all/send_redirects 0
            set_ ipv4/conf/{{Gateway}}/send_redirects 0
            ip address add 10.244.{{i}}.1/32 dev {{Gateway}}
            ip address add 10.244.{{i}}.2/32 dev {{Gateway}}
            ip address add fd00:10:244:{{i}}::2/128 dev {{Gateway}} nodad preferred_lft 0
            ip address add fd00:10:244:{{i}}::1/128 dev {{Gateway}} nodad
            ip link set {{Gateway}} up
            ip neighbour replace 169.254.1.1 lladdr {{VirtualMac.Value}} nud permanent dev {{Gateway}}
            ip neighbour replace fe80::fab lladdr {{VirtualMac.Value}} nud permanent dev {{Gateway}}
            ip route add 10.244.0.0/16 via 169.254.1.1 dev {{Gateway}} onlink src 10.244.{{i}}.2
            ip route add fd00:10:244::/48 via fe80::fab dev {{Gateway}} src fd00:10:244:{{i}}::2
            ip route add default via 172.30.0.254
            ip address add fd00:30::{{i}}/64 dev {{LabNode.UnderlayBridge}} nodad
            ip route add default via fd00:30::254
            """));
    }
}
