using System.Globalization;
using System.Net;

namespace Fabric.Lab;

/// <summary>
/// The wire between nodes: a Linux bridge in a namespace of its own, 1500 bytes wide, IPv4 /24 and on request IPv6 /64.
/// </summary>
public sealed class LabUnderlay : IDisposable
{
    private const string Bridge = "fabt-wire";

    private readonly byte[] _network;
    private readonly bool _ipv6;
    private int _nodes;

    private LabUnderlay(LabNamespace network, byte[] prefix, bool ipv6)
    {
        Namespace = network;
        _network = prefix;
        _ipv6 = ipv6;
    }

    /// <summary>The namespace with the bridge; look here to see what travels between nodes.</summary>
    public LabNamespace Namespace { get; }

    /// <summary>The bridge device; capture on it to see all traffic between nodes.</summary>
    public static string Device => Bridge;

    /// <summary>
    /// Makes the wire. Nodes get .1, .2, … of the /24 <paramref name="network"/>, and with <paramref name="ipv6"/>
    /// also fd00:90::1, ::2, ….
    /// </summary>
    public static LabUnderlay Create(string network = "10.90.0.0", bool ipv6 = false)
    {
        var made = LabNamespace.Create("wire");
        try
        {
            made.Ip("link", "add", Bridge, "type", "bridge");
            made.Ip("link", "set", Bridge, "up");
            return new LabUnderlay(made, IPAddress.Parse(network).GetAddressBytes(), ipv6);
        }
        catch (LabException)
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Cuts the node off the wire, as if its cable were pulled, or heals it.</summary>
    public void SetConnected(LabNode node, bool connected) =>
        Namespace.Ip("link", "set", PortOf(node.Index), connected ? "up" : "down");

    /// <summary>Deletes the wire. The nodes stay.</summary>
    public void Dispose() => Namespace.Dispose();

    internal int NextIndex() => Interlocked.Increment(ref _nodes);

    internal IPAddress AddressOf(int index) => new([_network[0], _network[1], _network[2], checked((byte)index)]);

    internal IPAddress? AddressV6Of(int index) =>
        _ipv6 ? IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd00:90::{index:x}")) : null;

    internal static string PortOf(int index) => string.Create(CultureInfo.InvariantCulture, $"fabt-wire{index}");

    /// <summary>
    /// Makes a veth from the bridge into the node's namespace, where it is called <paramref name="nic"/>.
    /// </summary>
    internal void Connect(int index, LabNamespace node, string nic)
    {
        var port = PortOf(index);
        Namespace.Ip("link", "add", port, "type", "veth", "peer", "name", nic, "netns", node.Name);
        Namespace.Ip("link", "set", port, "master", Bridge, "up");
        node.Ip("link", "set", nic, "up");
        // A veth passes frames with unfinished checksums; the userspace datapath would forward them as they are.
        node.Run("ethtool", "-K", nic, "tx", "off");
        node.DropAtIngress(nic);
    }
}
