using System.Globalization;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;
using Fabric.Simulation;

namespace Fabric.Bench;

/// <summary>The cluster's side of a node: its lease, its candidacy for the singletons, and the streams that it follows.</summary>
internal sealed class ScaleNode(SimulatedProcess process, CountingStore store, int number, bool follows)
{
    private static readonly ClusterSettings Settings = new("scale", TimeSpan.FromSeconds(10), PodCidr.SourceFabric,
        [new(Cidr.Parse("10.0.0.0/8"), 24)], [new(VtepMesh.DefaultNetwork, new Vni(1), OverlayKind.Vxlan, 4789)]);

    private readonly NodeName _name = new(string.Create(CultureInfo.InvariantCulture, $"node-{number:00000}"));
    private NodeLease? _lease;
    private SingletonHost? _singletons;
    private bool _leaving;

    public bool Follows => follows;

    public CountingStore Store => store;

    /// <summary>How many nodes there are in the mesh that it knows.</summary>
    public int MeshSize { get; private set; }

    public bool IsHolder => _singletons?.Status.IsHolder == true;

    public void Start() => _ = process.Run(RunAsync);

    /// <summary>In good order: it says so, and withdraws its lease once the cluster has taken note.</summary>
    public void Leave() => _ = process.Run(() =>
    {
        _leaving = true;
        _lease!.Leave();
        return Task.CompletedTask;
    });

    private async Task RunAsync()
    {
        var address = IpAddress.V4(0xAC10_0000 + (uint)number);
        var identity = new NodeIdentity(_name, $"uid-{number}", 0, [address], [address], "1.0.0");
        _lease = new NodeLease(store, identity, Settings.LeaseDuration, process.Time, static _ => { });
        var record = await _lease.AcquireAsync(CancellationToken.None);
        _singletons = new SingletonHost(
            store, Settings, new SingletonLeaseRecord(_name, record.Uid, record.Incarnation), process.Time, static _ => { });
        var following = !follows
            ? Task.CompletedTask
            : Task.WhenAll(
                FollowAsync(new VtepMesh(), VtepMesh.Id(VtepMesh.DefaultNetwork), mesh => MeshSize = mesh.Joined.Count),
                FollowAsync(new PodCidr(), PodCidr.Id(Settings.Cluster), static _ => { }),
                FollowAsync(new Membership(), Membership.Id(Settings.Cluster), WithdrawOnceNoted));
        await Task.WhenAll(_lease.RunAsync(CancellationToken.None), _singletons.RunAsync(CancellationToken.None), following);
    }

    private void WithdrawOnceNoted(Membership.State members)
    {
        if (!_leaving || !members.Members.TryGetValue(_name, out var self) || self.State != MemberState.Leaving)
            return;
        _leaving = false;
        _lease!.Withdraw();
    }

    private async Task FollowAsync<TState>(IEntity<TState> entity, PersistenceId id, Action<TState> take)
        where TState : class
    {
        var fold = new ClusterFold<TState>(entity, id, store, ClusterEvents.Catalog, process.Time);
        await foreach (var step in fold.FollowAsync(CancellationToken.None))
        {
            if (step is FoldStep<TState>.Folded folded)
                take(folded.State);
            else if (step is FoldStep<TState>.Jumped jumped)
                take(jumped.State);
        }
    }
}
