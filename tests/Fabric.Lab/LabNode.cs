using System.Globalization;
using System.Net;

namespace Fabric.Lab;

/// <summary>A node: a network namespace with its own Open vSwitch and an address on the underlay.</summary>
/// <remarks>
/// The userspace datapath routes its tunnels by the addresses of its own bridges. Therefore the underlay NIC is a port
/// of the bridge <see cref="UnderlayBridge"/>, and the node's address is on that bridge's LOCAL interface.
/// </remarks>
public sealed class LabNode : IDisposable
{
    /// <summary>The bridge that holds the underlay NIC; it forwards by MAC learning (NORMAL).</summary>
    public const string UnderlayBridge = "br-phy";

    /// <summary>The underlay NIC inside the node's namespace.</summary>
    public const string UnderlayNic = "fabt-nic";

    private LabNode(LabUnderlay underlay, int index, LabNamespace network, ScratchOvs ovs)
    {
        Index = index;
        Address = underlay.AddressOf(index);
        AddressV6 = underlay.AddressV6Of(index);
        Namespace = network;
        Ovs = ovs;
    }

    /// <summary>1 for the first node of its underlay, then 2, 3, …</summary>
    public int Index { get; }

    /// <summary>A name unique within the underlay: node1, node2, …</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"node{Index}");

    /// <summary>The node's address on the underlay: its VTEP.</summary>
    public IPAddress Address { get; }

    /// <summary>Its IPv6 address on an underlay that has both; null on one that has not.</summary>
    public IPAddress? AddressV6 { get; }

    /// <summary>The node's network namespace.</summary>
    public LabNamespace Namespace { get; }

    /// <summary>The node's Open vSwitch.</summary>
    public ScratchOvs Ovs { get; }

    /// <summary>Makes a node and joins it to the underlay; it can ping the other nodes when this returns.</summary>
    public static LabNode Create(LabUnderlay underlay)
    {
        var index = underlay.NextIndex();
        var network = LabNamespace.Create(string.Create(CultureInfo.InvariantCulture, $"node{index}"));
        ScratchOvs? ovs = null;
        try
        {
            ovs = ScratchOvs.Start(network);
            underlay.Connect(index, network, UnderlayNic);
            var node = new LabNode(underlay, index, network, ovs);
            ovs.AddBridge(UnderlayBridge, failMode: "standalone");
            ovs.Vsctl("add-port", UnderlayBridge, UnderlayNic);
            network.Ip("address", "add", $"{node.Address}/24", "dev", UnderlayBridge);
            if (node.AddressV6 is { } address)
                AddV6(network, address);
            return node;
        }
        catch (Exception)
        {
            ovs?.Dispose();
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// One ICMP echo at a time until one is answered. The first packets to a new peer are lost to ARP.
    /// </summary>
    public void WaitUntilReaches(IPAddress address, TimeSpan? deadline = null) =>
        LabWait.Until(() => Pings(Namespace, address), $"{Name} reaches {address}", deadline);

    /// <summary>True if one ICMP echo request sent from the namespace is answered within a second.</summary>
    public static bool Pings(LabNamespace from, IPAddress address)
    {
        try
        {
            from.Run("ping", "-c", "1", "-W", "1", "-n", address.ToString());
            return true;
        }
        catch (LabException exception) when (exception.ExitCode is 1)
        {
            // ping(8): 1 means no answer; anything else is an error of ours.
            return false;
        }
    }

    // No link-local address: it would become an endpoint of the userspace datapath's tunnels.
    private static void AddV6(LabNamespace network, IPAddress address)
    {
        network.Ip("link", "set", UnderlayBridge, "addrgenmode", "none");
        network.Run("sh", "-c", $"echo 0 > /proc/sys/net/ipv6/conf/{UnderlayBridge}/disable_ipv6");
        network.Ip("address", "add", $"{address}/64", "dev", UnderlayBridge, "nodad");
    }

    /// <summary>Stops the daemons and deletes the namespace.</summary>
    public void Dispose()
    {
        Ovs.Dispose();
        Namespace.Dispose();
    }
}
