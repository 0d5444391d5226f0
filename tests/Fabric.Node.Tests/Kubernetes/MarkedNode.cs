using System.Collections.Immutable;
using System.Globalization;
using Fabric.Cluster.Kubernetes;
using Fabric.Cluster.Tests;
using Fabric.Messages;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>A marker with a watch of its Node and bridges that the test says, in virtual time.</summary>
internal sealed class MarkedNode
{
    public const string Name = "node-a";

    private readonly CancellationTokenSource _ending = new();

    private MarkedNode(SimulatedTime time, BridgeResources resources)
    {
        Time = time;
        Api = new ObservedApi(time);
        Marker = new BridgeMarker(Api.Api, new NodeName(Name), resources, () => Node, () => Bridges, time, Api.Log);
    }

    public SimulatedTime Time { get; }

    public ObservedApi Api { get; }

    public BridgeMarker Marker { get; }

    public NodeObject? Node { get; private set; }

    public ImmutableSortedSet<string>? Bridges { get; private set; }

    public static void Run(Func<MarkedNode, Task> test, BridgeResources? resources = null) => SimulatedLoop.Run(async time =>
    {
        var node = new MarkedNode(time, resources ?? new BridgeResources());
        var work = Task.WhenAll(node.Marker.RunAsync(node._ending.Token), node.WatchAsync());
        await test(node);
        node._ending.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }, TimeSpan.FromHours(3));

    public void SetBridges(params ImmutableSortedSet<string> bridges)
    {
        Bridges = bridges;
        Marker.Wake();
    }

    /// <summary>Somebody else writes the Node's status.</summary>
    public Task PatchAsync(string status) => Api.Api.PatchAsync(
        NodeObject.Resource, null, Name, new ApiPatch.Merge(System.Text.Encoding.UTF8.GetBytes(status)), "status", default);

    /// <summary>The capacity that is stored, as plain numbers.</summary>
    public async Task<string> CapacityAsync()
    {
        var node = await Api.Api.GetAsync(NodeObject.Resource, null, Name, default);
        return string.Join(" ", (node.Status?.Capacity ?? ImmutableSortedDictionary<string, string>.Empty).Select(
            c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}={ResourceQuantity.Parse(c.Value)}")));
    }

    public async Task UntilAsync(string capacity)
    {
        for (var i = 0; i < 10_000; i++)
        {
            if (await CapacityAsync() == capacity)
                return;
        }
        Assert.Equal(capacity, await CapacityAsync());
    }

    /// <summary>The agent's own watch of its Node, which the merger of the parts has once for all of them.</summary>
    private async Task WatchAsync()
    {
        var page = await Api.Api.ListAsync(NodeObject.Resource, ObjectQuery.All, 0, null, null, _ending.Token);
        See(page.Items.FirstOrDefault());
        await foreach (var change in Api.Api.WatchAsync(NodeObject.Resource, ObjectQuery.All, page.ResourceVersion, _ending.Token))
        {
            if (change is WatchEvent<NodeObject>.Put put)
                See(put.Object);
        }
    }

    private void See(NodeObject? node)
    {
        Node = node;
        Marker.Wake();
    }
}
