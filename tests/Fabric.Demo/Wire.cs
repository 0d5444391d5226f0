using System.Net;

namespace Fabric.Demo;

/// <summary>The network between the nodes: a Linux bridge in a namespace of its own, with an address that stands for the world.</summary>
internal sealed class Wire
{
    private const string Bridge = "wire";

    private Wire(Net net) => Net = net;

    public Net Net { get; }

    /// <summary>A host that is no node, at the same wire.</summary>
    public IPAddress Outside { get; } = IPAddress.Parse("172.30.0.254");

    public static Wire Make()
    {
        var net = Net.Make("wire");
        net.Ip("link", "set", "lo", "up");
        net.Ip("link", "add", Bridge, "type", "bridge");
        net.Ip("address", "add", "172.30.0.254/24", "dev", Bridge);
        net.Ip("link", "set", Bridge, "up");
        ComputeChecksums(net, Bridge);
        return new Wire(net);
    }

    public static IPAddress AddressOf(int node) => IPAddress.Parse($"172.30.0.{node}");

    /// <summary>A further host at the wire, which is no node either.</summary>
    public void AddAddress(IPAddress address) => Net.Ip("address", "add", $"{address}/24", "dev", Bridge);

    /// <summary>Lays a cable from the bridge into a node, where it is called <paramref name="nic"/>.</summary>
    public void Connect(string port, Net node, string nic)
    {
        Net.Ip("link", "add", port, "type", "veth", "peer", "name", nic, "netns", node.Name);
        Net.Ip("link", "set", port, "master", Bridge, "up");
        node.Ip("link", "set", nic, "up");
        ComputeChecksums(node, nic);
    }

    // Virtual devices pass on frames whose checksum nobody has computed yet, and the userspace datapath forwards them as they are.
    private static void ComputeChecksums(Net net, string device) => net.Run("ethtool", "-K", device, "tx", "off");
}
