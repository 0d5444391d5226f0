using System.Globalization;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Bench;

/// <summary>The cluster's side of a node: its lease, its candidacy for the singletons, and the streams that it follows.</summary>
/// <param name="run">Starts work on the node's loop.</param>
internal sealed class ScaleNode<TStore>(Func<Func<Task>, Task> run, TStore store, TimeProvider time, int number, bool follows)
    where TStore : IClusterStore
{
    private static readonly ClusterSettings Settings = new("scale", TimeSpan.FromSeconds(10), null, TimeSpan.FromMinutes(10), PodCidr.SourceFabric,
        [new(Cidr.Parse("10.0.0.0/8"), 24)], [new(VtepMesh.DefaultNetwork, new Vni(1), OverlayKind.Vxlan, 4789)]);

    private readonly NodeName _name = new(string.Create(CultureInfo.InvariantCulture, $"node-{number:00000}"));
    private SingletonHost? _singletons;
    private readonly CancellationTokenSource _life = new();

    public bool Follows => follows;

    public TStore Store => store;

    /// <summary>How many nodes there are in the mesh that it knows.</summary>
    public int MeshSize { get; private set; }

    public bool IsHolder => _singletons?.Status.IsHolder == true;

    public void Start() => _ = run(RunAsync);

    /// <summary>For good, as a node that was drained and has no attachment left.</summary>
    public void Leave() => _ = run(() =>
    {
        _life.Cancel();
        return Task.CompletedTask;
    });

    private async Task RunAsync()
    {
        var address = IpAddress.V4(0xAC10_0000 + (uint)number);
        var identity = new NodeIdentity(_name, $"uid-{number}", 0, [address], [address], "1.0.0", ClusterEvents.Catalog.Level);
        var lease = new NodeLease(store, identity, Settings.LeaseDuration, time, static _ => { });
        var record = await lease.AcquireAsync(CancellationToken.None);
        _singletons = new SingletonHost(
            store, Settings, new SingletonLeaseRecord(_name, record.Uid, record.Incarnation), time, static _ => { });
        var following = !follows
            ? Task.CompletedTask
            : Task.WhenAll(
                FollowAsync(new VtepMesh(), VtepMesh.Id(VtepMesh.DefaultNetwork), mesh => MeshSize = mesh.Joined.Count),
                FollowAsync(new PodCidr(), PodCidr.Id(Settings.Cluster), static _ => { }),
                FollowAsync(new Membership(), Membership.Id(Settings.Cluster), static _ => { }));
        await Task.WhenAll(KeepLeaseAsync(lease), _singletons.RunAsync(_life.Token), following);
    }

    private async Task KeepLeaseAsync(NodeLease lease)
    {
        await lease.RunAsync(_life.Token);
        await lease.FarewellAsync(NodeLeaseState.Left);
    }

    private async Task FollowAsync<TState>(IEntity<TState> entity, PersistenceId id, Action<TState> take)
        where TState : class
    {
        var fold = new ClusterFold<TState>(entity, id, store, ClusterEvents.Catalog, time);
        await foreach (var step in fold.FollowAsync(CancellationToken.None))
        {
            if (step is FoldStep<TState>.Folded folded)
                take(folded.State);
            else if (step is FoldStep<TState>.Jumped jumped)
                take(jumped.State);
        }
    }
}
