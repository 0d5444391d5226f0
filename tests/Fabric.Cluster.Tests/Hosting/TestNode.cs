using System.Globalization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>
/// A node as the agent will be: its lease, its candidacy for the singletons, and the streams that it follows.
/// </summary>
internal sealed class TestNode(IClusterStore store, TimeProvider time, int number, ClusterSettings settings)
{
    private readonly CancellationTokenSource _life = new();
    private readonly CancellationTokenSource _role = new();
    private SingletonHost? _host;

    public IClusterStore Store => store;

    public NodeName Name { get; } = new(string.Create(CultureInfo.InvariantCulture, $"node-{number:0000}"));

    public List<string> Reports { get; } = [];

    public VtepMesh.State? Mesh { get; private set; }

    public PodCidr.State? PodCidrs { get; private set; }

    public NodeLease? Lease { get; private set; }

    public NodeLeaseEnd? LeaseEnd { get; private set; }

    public bool IsHolder => _host?.Status.IsHolder == true;

    public SingletonStatus? Status => _host?.Status;

    /// <summary>Null outside Kubernetes.</summary>
    public NodeObjects? Objects { get; init; }

    /// <summary>Null outside Kubernetes.</summary>
    public Func<INetworkObjects>? Networks { get; init; }

    public NodeIdentity Identity => new(Name, $"uid-{number}", 0, [Address(192, 0)], [Address(10, 9)], "0.1.0", ClusterEvents.Catalog.Level,
        Objects?.UidOf(Name));

    /// <param name="follows">Whether it also follows the mesh and the pod CIDRs.</param>
    public async Task RunAsync(bool follows = true)
    {
        Lease = new NodeLease(store, Identity, settings.LeaseDuration, time, Reports.Add);
        var record = await Lease.AcquireAsync(_life.Token);
        _host = new SingletonHost(store, settings, new SingletonLeaseRecord(Name, record.Uid, record.Incarnation), time, Reports.Add,
            Objects is null ? null : () => Objects, Networks);
        await Task.WhenAll(
            KeepLeaseAsync(),
            _host.RunAsync(_role.Token),
            follows ? FollowAsync(new VtepMesh(), VtepMesh.Id("default"), s => Mesh = s) : Task.CompletedTask,
            follows ? FollowAsync(new PodCidr(), PodCidr.Id(settings.Cluster), s => PodCidrs = s) : Task.CompletedTask);
    }

    /// <summary>Ends everything in good order.</summary>
    public Task StopAsync()
    {
        _role.Cancel();
        _life.Cancel();
        return Task.CompletedTask;
    }

    private IpAddress Address(uint first, uint second) =>
        IpAddress.V4(first << 24 | second << 16 | (uint)(number + 1));

    private async Task KeepLeaseAsync() => LeaseEnd = await Lease!.RunAsync(_life.Token);

    private async Task FollowAsync<TState>(IEntity<TState> entity, PersistenceId id, Action<TState> take)
        where TState : class
    {
        try
        {
            await foreach (var step in new ClusterFold<TState>(entity, id, store, ClusterEvents.Catalog, time).FollowAsync(_life.Token))
            {
                if (step is FoldStep<TState>.Folded folded)
                    take(folded.State);
                else if (step is FoldStep<TState>.Jumped jumped)
                    take(jumped.State);
            }
        }
        catch (OperationCanceledException) when (_life.IsCancellationRequested)
        {
            return;
        }
    }
}
