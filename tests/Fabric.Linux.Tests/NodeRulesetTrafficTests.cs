using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Linux.Nftables;
using NftContext = Fabric.Linux.Nftables.Nftables;

namespace Fabric.Linux.Tests;

/// <summary>A pod behind a node's gateway device, and another node that has no route back to the pod.</summary>
public sealed class NodeRulesetTrafficTests
{
    private const int Overlay = 6081, Plain = 7000;

    private static readonly IPEndPoint Outside = new(IPAddress.Parse("172.18.0.3"), Plain);
    private static readonly IPEndPoint OutsideVtep = new(Outside.Address, Overlay);
    private static readonly IPEndPoint Pod = new(IPAddress.Parse("10.128.1.5"), Plain);
    private static readonly IPAddress NodeAddress = IPAddress.Parse("172.18.0.2");

    [SkippableFact]
    public async Task Pods_are_masqueraded_forge_no_overlay_packets_and_know_the_node_by_its_identity()
    {
        ScratchNamespace.Require();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var outside = new ScratchNamespace();
        Wire(node, "fabt-gw", ["10.128.1.1/24", "10.128.1.2/24"], pod, [$"{Pod.Address}/24"]);
        Wire(node, "fabt-up", [$"{NodeAddress}/24"], outside, [$"{Outside.Address}/24"]);
        Tool.Run("ip", "-n", pod.Name, "route", "add", "default", "via", "10.128.1.1");
        node.Exec("sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
        using var nft = NftContext.OpenIn(node.Handle);
        nft.Run(NodeRuleset.Render(new NodeRulesetSpec
        {
            TableName = "fab-t",
            GatewayDevice = "fabt-gw",
            ClusterCidrs = [IPNetwork.Parse("10.128.0.0/9")],
            HostIdentityV4 = IPAddress.Parse("10.128.1.2"),
            OverlayUdpPort = Overlay,
            Vteps = [NodeAddress, Outside.Address],
        }));
        using var atVtep = Open(outside, OutsideVtep);
        using var atOutside = Open(outside, Outside);
        using var atOwnVtep = Open(node, new(NodeAddress, Overlay));
        using var atOwn = Open(node, new(NodeAddress, Plain));
        using var fromPod = Open(pod, Pod);
        using var fromNode = Open(node, new(NodeAddress, 0));

        await fromPod.SendToAsync("forged"u8.ToArray(), SocketFlags.None, OutsideVtep, deadline.Token);
        await fromPod.SendToAsync("plain"u8.ToArray(), SocketFlags.None, Outside, deadline.Token);
        await fromPod.SendToAsync("forged"u8.ToArray(), SocketFlags.None, atOwnVtep.LocalEndPoint!, deadline.Token);
        await fromPod.SendToAsync("plain"u8.ToArray(), SocketFlags.None, atOwn.LocalEndPoint!, deadline.Token);
        await fromNode.SendToAsync("node"u8.ToArray(), SocketFlags.None, Pod, deadline.Token);

        // The forged packets went first on the same way: when the plain ones are there, they are dropped.
        Assert.Equal(("plain", NodeAddress), await ReceiveAsync(atOutside, deadline.Token));
        Assert.Equal(("plain", Pod.Address), await ReceiveAsync(atOwn, deadline.Token));
        Assert.Equal(("node", IPAddress.Parse("10.128.1.2")), await ReceiveAsync(fromPod, deadline.Token));
        Assert.Equal((0, 0), (atVtep.Available, atOwnVtep.Available));
        await fromNode.SendToAsync("mesh"u8.ToArray(), SocketFlags.None, OutsideVtep, deadline.Token);
        Assert.Equal(("mesh", NodeAddress), await ReceiveAsync(atVtep, deadline.Token));
    }

    private static Socket Open(ScratchNamespace target, IPEndPoint address) => target.Handle.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(address);
        return socket;
    });

    private static async Task<(string Text, IPAddress From)> ReceiveAsync(Socket socket, CancellationToken cancellation)
    {
        var buffer = new byte[64];
        var result = await socket.ReceiveFromAsync(
            buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancellation);
        return (Encoding.ASCII.GetString(buffer, 0, result.ReceivedBytes), ((IPEndPoint)result.RemoteEndPoint).Address);
    }

    private static void Wire(
        ScratchNamespace one, string device, string[] addresses, ScratchNamespace two, string[] peerAddresses)
    {
        Tool.Run("ip", "-n", one.Name, "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", two.Name);
        foreach (var (name, end, all) in ((string, string, string[])[])
            [(one.Name, device, addresses), (two.Name, "eth0", peerAddresses)])
        {
            foreach (var address in all)
                Tool.Run("ip", "-n", name, "address", "add", address, "dev", end);
            Tool.Run("ip", "-n", name, "link", "set", end, "up");
        }
    }
}
