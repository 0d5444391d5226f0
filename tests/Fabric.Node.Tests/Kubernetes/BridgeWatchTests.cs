using System.Collections.Concurrent;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;
using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>From a real ovsdb-server to a Node's resources.</summary>
public sealed class BridgeWatchTests
{
    private const string Ours = BridgeResources.DefaultPrefix + "/";

    [SkippableFact]
    public Task Bridges_become_resources_as_they_come_and_go() => RunAsync(async (ovs, node) =>
    {
        await node.UntilAsync("");
        ovs.Vsctl("--no-wait", "add-br", "br1");
        await node.UntilAsync($"{Ours}br1=1000");
        ovs.Vsctl("--no-wait", "add-br", "br2", "--", "add-port", "br2", "p1");
        await node.UntilAsync($"{Ours}br1=1000 {Ours}br2=1000");
        ovs.Vsctl("--no-wait", "del-br", "br1");
        await node.UntilAsync($"{Ours}br2=1000");
        // A change that is none of the bridges'.
        var writes = node.Api.Writes;
        ovs.Vsctl("--no-wait", "add-port", "br2", "p2");
        ovs.Vsctl("--no-wait", "add-br", "br3");
        await node.UntilAsync($"{Ours}br2=1000 {Ours}br3=1000");
        Assert.Equal(writes + 1, node.Api.Writes);
    });

    [SkippableFact]
    public Task A_restart_of_the_database_takes_no_bridge_away_and_is_survived() => RunAsync(async (ovs, node) =>
    {
        ovs.Vsctl("--no-wait", "add-br", "br1");
        await node.UntilAsync($"{Ours}br1=1000");
        var writes = node.Api.Writes;
        for (var round = 0; round < 2; round++)
        {
            ovs.KillDatabase();
            Assert.Equal("br1", Assert.Single(node.Watch.Names!));
            ovs.StartDatabase();
            Assert.Equal(writes, node.Api.Writes);
        }
        ovs.Vsctl("--no-wait", "add-br", "br2");
        await node.UntilAsync($"{Ours}br1=1000 {Ours}br2=1000");
        Assert.Equal(writes + 1, node.Api.Writes);
    });

    [SkippableFact]
    public Task A_database_that_comes_later_is_waited_for() => RunAsync(async (ovs, node) =>
    {
        await LabWait.UntilAsync(() => Task.FromResult(node.Api.Lines.Any(l => l.Contains("can't be watched", StringComparison.Ordinal))), "it is said");
        Assert.Null(node.Watch.Names);
        ovs.StartDatabase();
        ovs.Vsctl("--no-wait", "add-br", "br1");
        await node.UntilAsync($"{Ours}br1=1000");
        Assert.Single(node.Api.Lines, l => l.Contains("can't be watched", StringComparison.Ordinal));
    }, startsLate: true);

    private static async Task RunAsync(Func<ScratchOvs, WatchedNode, Task> test, bool startsLate = false)
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        using var ovs = ScratchOvs.Start(vswitchd: false);
        if (startsLate)
            ovs.StopDatabase();
        var escaped = new ConcurrentQueue<Exception>();
        await using (var loop = new EventLoop("marker", escaped.Enqueue))
        {
            await loop.RunAsync(async () =>
            {
                var node = new WatchedNode(ovs.Endpoint);
                using var ending = new CancellationTokenSource();
                var work = await node.StartAsync(ending.Token);
                await test(ovs, node);
                ending.Cancel();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
            });
        }
        Assert.Empty(escaped);
    }

    private sealed class WatchedNode
    {
        private NodeObject? _node;

        public WatchedNode(string database)
        {
            Watch = new BridgeWatch(database, TimeProvider.System, Api.Log);
            Marker = new BridgeMarker(Api.Api, new NodeName("node-a"), new BridgeResources(), () => _node, () => Watch.Names,
                TimeProvider.System, Api.Log);
            Watch.Changed = Marker.Wake;
        }

        public ObservedApi Api { get; } = new(TimeProvider.System);

        public BridgeWatch Watch { get; }

        private BridgeMarker Marker { get; }

        public async Task<Task> StartAsync(CancellationToken cancellationToken)
        {
            _node = await Api.MakeNodeAsync("node-a");
            return Task.WhenAll(Watch.RunAsync(cancellationToken), Marker.RunAsync(cancellationToken), ObserveAsync(cancellationToken));
        }

        public Task UntilAsync(string capacity) => LabWait.UntilAsync(async () =>
        {
            var node = await Api.Api.GetAsync(NodeObject.Resource, null, "node-a", default);
            return Watch.Names is not null && capacity == string.Join(" ", node.Status?.Capacity?.Select(c => $"{c.Key}={c.Value}") ?? []);
        }, capacity);

        private async Task ObserveAsync(CancellationToken cancellationToken)
        {
            await foreach (var change in Api.Api.WatchAsync(NodeObject.Resource, ObjectQuery.All, _node!.Metadata.ResourceVersion!, cancellationToken))
            {
                if (change is not WatchEvent<NodeObject>.Put put)
                    continue;
                _node = put.Object;
                Marker.Wake();
            }
        }
    }
}
