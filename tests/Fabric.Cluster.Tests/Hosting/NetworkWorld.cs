using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Nodes that compete for the role, the Network objects that its holder follows, and whoever else uses the networks.</summary>
/// <param name="follow">Makes what a holder follows them with; null: <see cref="Objects"/>.</param>
internal sealed class NetworkWorld(SimulatedTime time, Func<NetworkWorld, INetworkObjects>? follow = null)
{
    private static readonly ClusterSettings Settings = new("test", TimeSpan.FromSeconds(10), null, TimeSpan.FromMinutes(10), PodCidr.SourceFabric,
        [new(Cidr.Parse("10.244.0.0/16"), 24)], [new(VtepMesh.DefaultNetwork, new Vni(1), OverlayKind.Geneve, 6081)]);

    private readonly MemoryClusterStore _store = new();
    private readonly List<Task> _runs = [];
    private int _asked;

    public SimulatedTime Time => time;

    public List<TestNode> Nodes { get; } = [];

    public NetworkObjects Objects { get; } = new();

    /// <summary>As each node sees the store.</summary>
    public List<UnsureStore> Stores { get; } = [];

    /// <summary>What followers of the objects had to say.</summary>
    public List<string> Troubles { get; } = [];

    public NetworkReport? Report(NetworkName name) => Objects[name]?.Report;

    public string Say(NetworkName name) =>
        Report(name) is { } r ? $"{r.IsReady} {r.Reason} {r.Generation}: {r.Message}" : "nothing";

    public NodeRef NodeRef(int number) => new(Nodes[number].Identity.Node, Nodes[number].Identity.Uid);

    public void Start(int number)
    {
        Stores.Add(new UnsureStore(_store));
        var node = new TestNode(Stores[^1], time, number, Settings) { Networks = follow is null ? Objects.Follow : () => follow(this) };
        Nodes.Add(node);
        _runs.Add(node.RunAsync());
    }

    /// <summary>Ends the holder in good order, and waits until another node has the role.</summary>
    public async Task MoveAsync()
    {
        var holder = Nodes.Single(n => n.IsHolder);
        await holder.StopAsync();
        await Until(() => Nodes.Any(n => n.IsHolder && n != holder));
    }

    public async Task<AskResult> AskAsync(VirtualNetworks.Command command)
    {
        var writer = new ClusterWriter(new NodeName("operator"), "uid", ++_asked, time);
        var runner = new ClusterEntityRunner<VirtualNetworks.State>(
            new VirtualNetworks(), VirtualNetworks.Id("test"), _store, StreamRules.Default, writer);
        return await runner.AskAsync(command, CorrelationId.None, default);
    }

    public async Task DoAsync(VirtualNetworks.Command command) => Assert.IsType<AskResult.Replied>(await AskAsync(command));

    public async Task<VirtualNetworks.State> StateAsync() =>
        (await new ClusterFold<VirtualNetworks.State>(new VirtualNetworks(), VirtualNetworks.Id("test"), _store, ClusterEvents.Catalog, time)
            .ReadAsync(default)).State;

    public async Task<List<EventEnvelope>> EventsAsync()
    {
        var events = new List<EventEnvelope>();
        await foreach (var envelope in _store.ReadAsync(VirtualNetworks.Id("test"), 1, default))
            events.Add(envelope);
        return events;
    }

    public Task Until(Func<bool> isTrue) => Until(() => Task.FromResult(isTrue()));

    public async Task Until(Func<Task<bool>> isTrue)
    {
        var deadline = time.Elapsed + TimeSpan.FromMinutes(2);
        while (!await isTrue())
        {
            Assert.True(time.Elapsed < deadline, "it did not come true within two minutes");
            await Task.Delay(TimeSpan.FromMilliseconds(50), time);
        }
    }

    public async Task StopAsync()
    {
        foreach (var node in Nodes)
            await node.StopAsync();
        await Task.WhenAll(_runs);
    }
}
