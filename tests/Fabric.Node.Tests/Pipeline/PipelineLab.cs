using System.Net;
using Fabric.Lab;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>
/// Two nodes with two pods each on a real Open vSwitch, kube-proxy's rules on both, and an "internet" that routes
/// nothing back to pods.
/// </summary>
public sealed class PipelineLab : IAsyncLifetime
{
    internal const string Internet4 = "198.51.100.1";
    internal const string Internet6 = "2001:db8:ff::1";
    internal const string OutsideAddress = "172.30.0.254";

    private readonly Stack<IDisposable> _made = new();

    internal PipelineNode Node1 { get; private set; } = null!;

    internal PipelineNode Node2 { get; private set; } = null!;

    internal PipelinePod Pod1A { get; private set; } = null!;

    internal PipelinePod Pod1B { get; private set; } = null!;

    internal PipelinePod Pod2A { get; private set; } = null!;

    internal LabNamespace Outside { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (LabRequirements.Missing is not null)
            return;
        var underlay = Keep(LabUnderlay.Create("172.30.0.0"));
        Outside = Keep(LabNamespace.Create("outside", ipv6: true));
        ConnectOutside(underlay.Namespace);
        Node1 = Keep(new PipelineNode(underlay));
        Node2 = Keep(new PipelineNode(underlay));
        await Node1.ChangeAsync([], Node1.NodeFlows(Node2));
        await Node2.ChangeAsync([], Node2.NodeFlows(Node1));
        SetNodeRules();
        Pod1A = Keep(await Node1.AddPodAsync(11));
        Pod1B = Keep(await Node1.AddPodAsync(12));
        Pod2A = Keep(await Node2.AddPodAsync(11));
        Node1.Warm(Node2);
        Node2.Warm(Node1);
        Serve();
        foreach (var node in new[] { Node1, Node2 })
            node.Namespace.Run(["nft", "-f", "-"], null, Services(node).ToString());
    }

    public Task DisposeAsync()
    {
        while (_made.TryPop(out var thing))
            thing.Dispose();
        return Task.CompletedTask;
    }

    internal void SetNodeRules(bool guarded = true)
    {
        IPAddress[] vteps = [IPAddress.Parse(Node1.Address), IPAddress.Parse(Node2.Address)];
        Node1.SetNodeRules(guarded, vteps);
        Node2.SetNodeRules(guarded, vteps);
    }

    /// <summary>Runs something while some of node 1's flows are missing.</summary>
    internal async Task WithoutAsync(Func<Flow, bool> missing, Func<Task> run)
    {
        var flows = Node1.NodeFlows(Node2).Where(missing).ToList();
        Assert.NotEmpty(flows);
        await Node1.ChangeAsync(flows, []);
        try
        {
            await run();
        }
        finally
        {
            await Node1.ChangeAsync([], flows);
        }
    }

    private T Keep<T>(T thing) where T : IDisposable
    {
        _made.Push(thing);
        return thing;
    }

    private void ConnectOutside(LabNamespace wire)
    {
        wire.Ip("link", "add", "fabt-out", "type", "veth", "peer", "name", "eth0", "netns", Outside.Name);
        wire.Ip("link", "set", "fabt-out", "master", LabUnderlay.Device, "up");
        Outside.Run("sh", "-ec", $"""
            ethtool -K eth0 tx off > /dev/null
            ip link set eth0 up
            ip address add {OutsideAddress}/24 dev eth0
            ip address add fd00:30::254/64 dev eth0 nodad
            ip address add {Internet4}/32 dev lo
            ip address add {Internet6}/128 dev lo nodad
            """);
    }

    private void Serve()
    {
        Keep(LabTraffic.Serve(Pod1A.Namespace, 8080, "1A"));
        Keep(LabTraffic.Serve(Pod1B.Namespace, 8080, "1B"));
        Keep(LabTraffic.Serve(Pod2A.Namespace, 8080, "2A"));
        Keep(LabTraffic.Serve(Node1.Namespace, 9090, "host1"));
        Keep(LabTraffic.Serve(Node2.Namespace, 9090, "host2"));
        Keep(LabTraffic.Serve(Outside, 8080, "outside"));
    }

    private KubeProxyRules Services(PipelineNode node)
    {
        var local = node == Node1 ? Pod1A : Pod2A;
        return new KubeProxyRules()
            .ClusterIp("10.96.0.1", Pod1A.V4).ClusterIp("10.96.0.2", Pod1B.V4).ClusterIp("10.96.0.3", Pod2A.V4)
            .ClusterIp("fd00:10:96::1", Pod1A.V6).ClusterIp("fd00:10:96::2", Pod1B.V6)
            .ClusterIp("fd00:10:96::3", Pod2A.V6)
            .ClusterIp("10.96.0.12", Pod1B.V4, "udp", 53, 4).ClusterIp("10.96.0.13", Pod2A.V4, "udp", 53, 4)
            .ClusterIp("10.96.0.20", Node2.Address, "udp", 4789, 4789)
            .NodePort(node.Address, 30001, Pod1A.V4, local: false).NodePort(node.Address, 30003, Pod2A.V4, local: false)
            .NodePort(node.Address, 30011, local.V4, local: true);
    }
}
