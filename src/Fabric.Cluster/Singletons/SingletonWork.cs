using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// One term of the singletons' holder: from leases to members, from members to CIDRs, from both to meshes.
/// </summary>
/// <remarks>
/// Every command is idempotent, so a round that stops half-way is made good by the next one, here or at the next
/// holder. Changes that come together are taken together: a thousand nodes that join at once are a few commits.
/// </remarks>
internal sealed class SingletonWork(
    IClusterStore store,
    ClusterSettings settings,
    ClusterWriter writer,
    HeldLease held,
    LeaseWatcher watcher,
    Action<ImmutableArray<string>> faulted)
{
    /// <summary>A round waits until no change has come for so long, so that neighbours join in one commit.</summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(50);

    /// <summary>But never longer than this.</summary>
    private static readonly TimeSpan MaxQuietTime = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A round that could not be finished is repeated after this time; so is one after which nodes still wait.
    /// </summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WaitingRetryAfter = TimeSpan.FromSeconds(30);

    private readonly ClusterEntityRunner<Membership.State> _membership =
        Runner(new Membership(), Membership.Id(settings.Cluster), store, settings, writer, held);

    private readonly ClusterEntityRunner<PodCidr.State> _podCidr =
        Runner(new PodCidr(), PodCidr.Id(settings.Cluster), store, settings, writer, held);

    private readonly ImmutableArray<(VtepMesh.Command.Open Open, ClusterEntityRunner<VtepMesh.State> Runner)> _meshes =
    [
        .. settings.Meshes.Select(m => (m, Runner(new VtepMesh(), VtepMesh.Id(m.Network), store, settings, writer, held))),
    ];

    private bool IsStalled => (_membership.Stall ?? _podCidr.Stall ?? _meshes.Select(m => m.Runner.Stall).FirstOrDefault(s => s is not null))
        is not null;

    /// <summary>
    /// Works until cancelled, until the lease is in doubt, or until a stream holds what this version does not know.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = watcher.Changed.Count;
            var wait = watcher.Observer.NextExpiry();
            if (watcher.Observer.IsReady)
            {
                // A process that was paused finds all leases expired, its own too: it must not judge the others.
                if (!held.IsSurelyHeld)
                    return;
                wait = Sooner(wait, await RoundAsync(cancellationToken));
                // Another node may be of the version that knows what this one can't read.
                if (IsStalled)
                    return;
            }
            await watcher.WaitAsync(seen, wait, cancellationToken);
            await SettleAsync(cancellationToken);
        }
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var began = writer.Time.GetTimestamp();
        long seen;
        do
        {
            seen = watcher.Changed.Count;
            await Task.Delay(QuietTime, writer.Time, cancellationToken);
        }
        while (watcher.Changed.Count != seen && writer.Time.GetElapsedTime(began) < MaxQuietTime);
    }

    /// <returns>When to try again; null if there is nothing left to do.</returns>
    private async Task<TimeSpan?> RoundAsync(CancellationToken cancellationToken)
    {
        var faults = ImmutableArray.CreateBuilder<string>();
        var retry = await ObserveAsync(faults, cancellationToken)
            ?? await AssignAsync(faults, cancellationToken);
        if (retry is null || retry == WaitingRetryAfter)
        {
            foreach (var (open, runner) in _meshes)
                retry = Sooner(retry, await SyncAsync(open, runner, faults, cancellationToken));
        }
        faulted(faults.ToImmutable());
        return retry;
    }

    private async Task<TimeSpan?> ObserveAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        while (true)
        {
            var leases = ImmutableArray.CreateBuilder<LeaseSighting>();
            foreach (var observed in watcher.Observer.Look())
            {
                if (NodeLeaseRecord.TryDecode(observed.Lease.Value.Span) is { } record
                    && NodeLeaseRecord.LeaseName(record.Node) == observed.Lease.Name)
                    leases.Add(new LeaseSighting(record, observed.Liveness));
                else
                    faults.Add($"lease {observed.Lease.Name} holds what this version can't read");
            }
            switch (await AskAsync(_membership, new Membership.Command.Observe(leases.ToImmutable()), cancellationToken))
            {
                case AskResult.Replied { Reply: Membership.Observed { Complete: true } }:
                    return null;
                case AskResult.Replied:
                    break;
                case var other:
                    return Failed(other, faults);
            }
        }
    }

    private async Task<TimeSpan?> AssignAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        var configure = new PodCidr.Command.Configure(settings.PodCidrSource, settings.ClusterCidrs);
        // A node whose own settings differ can still serve by those that the cluster has.
        if (await AskAsync(_podCidr, configure, cancellationToken) is not AskResult.Replied and var refused
            && Failed(refused, faults) is var retry && (refused is not AskResult.Rejected || _podCidr.State.Source is null))
            return retry;
        if (_podCidr.State.Source != PodCidr.SourceFabric)
            return null;
        while (true)
        {
            var up = _membership.State.Up.Select(m => new NodeRef(m.Node, m.Uid));
            switch (await AskAsync(_podCidr, new PodCidr.Command.Assign([.. up]), cancellationToken))
            {
                case AskResult.Replied { Reply: PodCidr.Reply.Assigned { Complete: true } assigned }:
                    if (assigned.Shortage is null)
                        return null;
                    faults.Add($"no pod CIDR for {string.Join(", ", assigned.Waiting)}: {assigned.Shortage}");
                    return WaitingRetryAfter;
                case AskResult.Replied:
                    break;
                case AskResult.Rejected rejected:
                    faults.Add(rejected.Reason.Message);
                    return WaitingRetryAfter;
                case var other:
                    return Failed(other, faults);
            }
        }
    }

    private async Task<TimeSpan?> SyncAsync(VtepMesh.Command.Open open, ClusterEntityRunner<VtepMesh.State> mesh,
        ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        var opened = await AskAsync(mesh, open, cancellationToken);
        if (opened is not AskResult.Replied)
        {
            var failed = Failed(opened, faults);
            if (mesh.State.Opened is null || opened is not AskResult.Rejected)
                return failed;
        }
        var members = _membership.State.Members.Values.Select(m =>
            new MeshMember(m.Node, m.Uid, m.State, m.Reason, m.Vteps, _podCidr.State.CidrsOf(m.Uid)));
        var sync = new VtepMesh.Command.Sync([.. members], _podCidr.SequenceNr);
        while (true)
        {
            switch (await AskAsync(mesh, sync, cancellationToken))
            {
                case AskResult.Replied { Reply: VtepMesh.Reply.Synced { Complete: true } synced }:
                    foreach (var (node, holder) in synced.Refused)
                        faults.Add($"node {node} is not in mesh {open.Network}: node {holder} has its VTEP address or pod CIDR");
                    return null;
                case AskResult.Replied:
                    break;
                case var other:
                    return Failed(other, faults);
            }
        }
    }

    private static Task<AskResult> AskAsync<TState>(
        ClusterEntityRunner<TState> runner, ICommand command, CancellationToken cancellationToken)
        where TState : class => runner.AskAsync(command, CorrelationId.None, cancellationToken);

    private static TimeSpan Failed(AskResult result, ImmutableArray<string>.Builder faults)
    {
        faults.Add(result switch
        {
            AskResult.Rejected rejected => rejected.Reason.Message,
            AskResult.Unavailable unavailable => unavailable.Reason,
            _ => throw new InvariantBrokenException($"unexpected answer {result}"),
        });
        return result is AskResult.Rejected ? WaitingRetryAfter : RetryAfter;
    }

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;

    private static ClusterEntityRunner<TState> Runner<TState>(
        IEntity<TState> entity, PersistenceId id, IClusterStore store, ClusterSettings settings, ClusterWriter writer, HeldLease held)
        where TState : class =>
        new(entity, id, store, settings.Streams, writer, _ => ValueTask.FromResult(held.IsSurelyHeld));
}
