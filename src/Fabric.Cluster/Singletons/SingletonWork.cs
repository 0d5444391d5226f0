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
internal sealed partial class SingletonWork
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

    private readonly IClusterStore _store;
    private readonly ClusterSettings _settings;
    private readonly ClusterWriter _writer;
    private readonly SingletonLeaseRecord _self;
    private readonly HeldLease _held;
    private readonly LeaseWatcher _watcher;
    private readonly INodeObjects? _nodes;
    private readonly INetworkObjects? _networkObjects;
    private readonly Action<ImmutableArray<string>> _faulted;
    private readonly SilentMembers _silent;
    private readonly RestingBlocks<Cidr, PodCidr.Rest> _resting;
    private readonly RestingBlocks<VirtualNetworks.RestingBlock, VirtualNetworks.BlockRest> _restingOfNetworks;
    private readonly ClusterEntityRunner<Membership.State> _membership;
    private readonly ClusterEntityRunner<PodCidr.State> _podCidr;
    private readonly ImmutableArray<(VtepMesh.Command.Open Open, ClusterEntityRunner<VtepMesh.State> Runner)> _meshes;
    private readonly ClusterEntityRunner<VirtualNetworks.State> _networks;
    private readonly Dictionary<PersistenceId, ClusterEntityRunner<VtepMesh.State>> _networkMeshes = [];
    private bool _isOutdated = true;

    public SingletonWork(IClusterStore store, ClusterSettings settings, ClusterWriter writer, SingletonLeaseRecord self, HeldLease held,
        LeaseWatcher watcher, INodeObjects? nodes, INetworkObjects? networks, Action<ImmutableArray<string>> faulted)
    {
        (_store, _settings, _writer, _self, _held, _watcher, _faulted) = (store, settings, writer, self, held, watcher, faulted);
        (_nodes, _networkObjects) = (nodes, networks);
        _silent = new SilentMembers(writer.Time);
        _resting = new(writer.Time);
        _restingOfNetworks = new(writer.Time);
        _membership = Runner(new Membership(), Membership.Id(settings.Cluster), members => members.EventLevel);
        _podCidr = Runner(new PodCidr(), PodCidr.Id(settings.Cluster), _ => _membership.State.EventLevel);
        _networks = Runner(new VirtualNetworks(), VirtualNetworks.Id(settings.Cluster), _ => _membership.State.EventLevel);
        _meshes = [.. settings.Meshes.Select(m => (m, Runner(new VtepMesh(), VtepMesh.Id(m.Network), _ => _membership.State.EventLevel)))];
    }

    private bool IsStalled => _membership.Stall is not null || _podCidr.Stall is not null || _networks.Stall is not null
        || _meshes.Select(m => m.Runner).Concat(_networkMeshes.Values).Any(m => m.Stall is not null);

    /// <summary>
    /// Works until cancelled, until the lease is in doubt, or until a stream holds what this version does not know.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = _watcher.Changed.Count;
            var wait = _watcher.Observer.NextExpiry();
            if (_watcher.Observer.IsReady)
            {
                // A process that was paused finds all leases expired, its own too: it must not judge the others.
                if (!_held.IsSurelyHeld)
                    return;
                wait = Sooner(wait, await RoundAsync(cancellationToken));
                // Another node may be of the version that knows what this one can't read.
                if (IsStalled)
                    return;
            }
            await _watcher.WaitAsync(seen, wait, cancellationToken);
            await SettleAsync(cancellationToken);
        }
    }

    /// <summary>Looks for what operators ask for by way of another node, until cancelled; and then returns.</summary>
    public Task WatchStreamsAsync(CancellationToken cancellationToken)
    {
        var wakes = new StreamWakes(_store, _writer.Time, () =>
        {
            _isOutdated = true;
            _watcher.Changed.Raise();
        });
        PersistenceId[] streams =
            [Membership.Id(_settings.Cluster), PodCidr.Id(_settings.Cluster), VirtualNetworks.Id(_settings.Cluster),
                .. _meshes.Select(m => VtepMesh.Id(m.Open.Network))];
        return Task.WhenAll(streams.Select(s => wakes.RunAsync(s, cancellationToken)));
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var began = _writer.Time.GetTimestamp();
        long seen;
        do
        {
            seen = _watcher.Changed.Count;
            await Task.Delay(QuietTime, _writer.Time, cancellationToken);
        }
        while (_watcher.Changed.Count != seen && _writer.Time.GetElapsedTime(began) < MaxQuietTime);
    }

    /// <returns>When to try again; null if there is nothing left to do.</returns>
    private async Task<TimeSpan?> RoundAsync(CancellationToken cancellationToken)
    {
        var faults = ImmutableArray.CreateBuilder<string>();
        var retry = await RefreshAsync(faults, cancellationToken)
            ?? await LeadAsync(faults, cancellationToken)
            ?? await ObserveAsync(faults, cancellationToken)
            ?? await RemoveSilentAsync(faults, cancellationToken)
            ?? await RemoveDeletedAsync(faults, cancellationToken)
            ?? await FreeAsync(faults, cancellationToken)
            ?? await AssignAsync(faults, cancellationToken);
        if (retry is null || retry == WaitingRetryAfter)
        {
            foreach (var (open, runner) in _meshes)
                retry = Sooner(retry, await SyncDefaultAsync(open, runner, faults, cancellationToken));
            retry = Sooner(retry, await CarryOutNetworkObjectsAsync(faults, cancellationToken));
            retry = Sooner(retry, await SyncNetworksAsync(faults, cancellationToken));
            AnswerNetworkObjects();
            await DeleteLeasesAsync(faults, cancellationToken);
        }
        _faulted(faults.ToImmutable());
        retry = Sooner(retry, _askAgain);
        return Sooner(retry, _settings.RemovalAfter is { } after ? _silent.After(after).Next : null);
    }

    /// <summary>A decision without events would not meet what others have written since: nothing conflicts with it.</summary>
    private async Task<TimeSpan?> RefreshAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        if (!_isOutdated)
            return null;
        _isOutdated = false;
        try
        {
            await _membership.RefreshAsync(cancellationToken);
            await _podCidr.RefreshAsync(cancellationToken);
            await _networks.RefreshAsync(cancellationToken);
            foreach (var runner in _meshes.Select(m => m.Runner).Concat(_networkMeshes.Values))
                await runner.RefreshAsync(cancellationToken);
            return null;
        }
        catch (JournalException e)
        {
            _isOutdated = true;
            faults.Add(e.Message);
            return RetryAfter;
        }
    }

    private ClusterEntityRunner<TState> Runner<TState>(IEntity<TState> entity, PersistenceId id, Func<TState, int> eventLevel)
        where TState : class =>
        new(entity, id, _store, _settings.Streams, _writer, eventLevel, _ => ValueTask.FromResult(_held.IsSurelyHeld));

    private static Task<AskResult> AskAsync<TState>(
        ClusterEntityRunner<TState> runner, ICommand command, CancellationToken cancellationToken)
        where TState : class => runner.AskAsync(command, CorrelationId.None, cancellationToken);

    /// <returns>Null if the command was carried out; else when to try again.</returns>
    private static TimeSpan? Unless(AskResult result, ImmutableArray<string>.Builder faults) =>
        result is AskResult.Replied ? null : Failed(result, faults);

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
}
