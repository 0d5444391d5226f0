using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;
using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node.Cni;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>Events and node resources on a real API server, as kubectl then shows them.</summary>
public sealed class RealKubernetesTests
{
    [SkippableFact]
    public async Task A_real_server_takes_events_and_resources_and_kubectl_shows_them()
    {
        Skip.If(LabKubernetes.Missing is not null, LabKubernetes.Missing ?? "");
        using var server = LabKubernetes.Start();
        await using var client = Cluster.Kubernetes.KubernetesApi.Open(
            new KubernetesPlace(Kubeconfig: server.AdminKubeconfig), TimeProvider.System, () => 0.5);
        var escaped = new ConcurrentQueue<Exception>();
        await using (var loop = new EventLoop("kubernetes", escaped.Enqueue))
            await loop.RunAsync(() => TellAndMarkAsync(server, client));
        Assert.Empty(escaped);
    }

    private static async Task TellAndMarkAsync(LabKubernetes server, IKubernetesApi client)
    {
        var log = new ObservedApi(TimeProvider.System).Log;
        var seen = await client.CreateAsync(NodeObject.Resource, new NodeObject(new ObjectMeta("node-a")), default);
        ImmutableSortedSet<string> bridges = ["br-fabric", "br1"];
        var marker = new BridgeMarker(client, new NodeName("node-a"), new BridgeResources(), () => seen, () => bridges, TimeProvider.System, log);
        var events = new PodEvents(client, new NodeName("node-a"), TimeProvider.System, log);
        using var ending = new CancellationTokenSource();
        var work = Task.WhenAll(marker.RunAsync(ending.Token), events.RunAsync(ending.Token));
        events.Answered(new PodCall(true, new PodRef("default", "a-1", "uid-1"), "c1", 109, "no such address", new CorrelationId("c0ffee")));
        await UntilAsync(server, ["get", "events", "-n", "default"], "no such address; fabric events --correlation c0ffee tells more (node node-a)");
        // Another agent: what it counts is a patch of the object that is there.
        var later = new PodEvents(client, new NodeName("node-a"), TimeProvider.System, log);
        var laterWork = later.RunAsync(ending.Token);
        later.Answered(new PodCall(true, new PodRef("default", "a-1", "uid-1"), "c2", 109, "still none", new CorrelationId("c0ffef")));
        await UntilAsync(server, ["get", "events", "-n", "default", "-o", "jsonpath={.items[*].count} {.items[*].message}"], "2 still none");
        string[] capacity = ["get", "node", "node-a", "-o", "jsonpath={.status.capacity}"];
        await UntilAsync(server, capacity, """{"ovs-cni.network.kubevirt.io/br-fabric":"1k","ovs-cni.network.kubevirt.io/br1":"1k"}""");
        seen = await client.GetAsync(NodeObject.Resource, null, "node-a", default);
        bridges = ["br-fabric"];
        marker.Wake();
        await UntilAsync(server, capacity, """{"ovs-cni.network.kubevirt.io/br-fabric":"1k"}""");
        ending.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => laterWork);
    }

    private static async Task UntilAsync(LabKubernetes server, string[] arguments, string expected)
    {
        var shown = "";
        try
        {
            await LabWait.UntilAsync(async () =>
            {
                shown = await Task.Run(() => server.Kubectl(arguments));
                return shown.Contains(expected, StringComparison.Ordinal);
            }, expected);
        }
        catch (LabException)
        {
            Assert.Contains(expected, shown);
        }
    }
}
