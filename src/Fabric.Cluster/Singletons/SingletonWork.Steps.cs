using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The steps of a round, in their order.</summary>
internal sealed partial class SingletonWork
{
    private async Task<TimeSpan?> LeadAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        var lead = new Membership.Command.Lead(new NodeRef(_self.Node, _self.Uid), _self.Incarnation);
        return Unless(await AskAsync(_membership, lead, cancellationToken), faults);
    }

    private async Task<TimeSpan?> ObserveAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        while (true)
        {
            var leases = ImmutableArray.CreateBuilder<LeaseSighting>();
            foreach (var observed in _watcher.Observer.Look())
            {
                if (NodeLeaseRecord.TryDecode(observed.Lease.Value.Span) is { } record
                    && NodeLeaseRecord.LeaseName(record.Node) == observed.Lease.Name)
                    leases.Add(new LeaseSighting(record, observed.Liveness));
                else
                    faults.Add($"lease {observed.Lease.Name} holds what this version can't read");
            }
            switch (await AskAsync(_membership, new Membership.Command.Observe(leases.ToImmutable()), cancellationToken))
            {
                case AskResult.Replied { Reply: Membership.Reply.Observed { Complete: true } }:
                    return null;
                case AskResult.Replied:
                    break;
                case var other:
                    return Failed(other, faults);
            }
        }
    }

    private async Task<TimeSpan?> RemoveSilentAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        if (_settings.RemovalAfter is not { } after)
            return null;
        _silent.Look(_membership.State);
        while (_silent.After(after).Due is { IsEmpty: false } due)
        {
            var remove = new Membership.Command.RemoveSilent(due, $"silent for {after:g}, as --removal-after says");
            if (Unless(await AskAsync(_membership, remove, cancellationToken), faults) is { } retry)
                return retry;
            _silent.Look(_membership.State);
        }
        return null;
    }

    /// <summary>
    /// What the removed held goes back. Whoever removed them may have died between the two streams, so each round asks.
    /// </summary>
    private async Task<TimeSpan?> FreeAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        foreach (var gone in _membership.State.Former.Values.Where(f => f.FreesCidrs && !_podCidr.State.CidrsOf(f.Uid).IsEmpty)
            .GroupBy(f => f.Reason).ToList())
        {
            var free = new PodCidr.Command.Free([.. gone.Select(f => f.Ref)], gone.Key);
            AskResult answer;
            do
                answer = await AskAsync(_podCidr, free, cancellationToken);
            while (answer is AskResult.Replied { Reply: PodCidr.Reply.Freed { Complete: false } });
            if (Unless(answer, faults) is { } retry)
                return retry;
        }
        return null;
    }

    private async Task<TimeSpan?> AssignAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        var configure = new PodCidr.Command.Configure(_settings.PodCidrSource, _settings.ClusterCidrs);
        // A node whose own settings differ can still serve by those that the cluster has.
        if (await AskAsync(_podCidr, configure, cancellationToken) is not AskResult.Replied and var refused
            && Failed(refused, faults) is var retry && (refused is not AskResult.Rejected || _podCidr.State.Source is null))
            return retry;
        if (_podCidr.State.Source != PodCidr.SourceFabric)
            return await RecordAsync(faults, cancellationToken);
        while (true)
        {
            var assign = new PodCidr.Command.Assign(
                [.. _membership.State.Up.Select(m => m.Ref)], _resting.Look(_podCidr.State.Resting, _settings.Quarantine).Rested);
            switch (await AskAsync(_podCidr, assign, cancellationToken))
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

    private Task<TimeSpan?> SyncDefaultAsync(VtepMesh.Command.Open open, ClusterEntityRunner<VtepMesh.State> mesh,
        ImmutableArray<string>.Builder faults, CancellationToken cancellationToken) =>
        SyncAsync(open, mesh, _podCidr.State.CidrsOf, _podCidr.SequenceNr, faults, cancellationToken);

    /// <param name="cidrsOf">What a node uid's pods have in this network; empty if it takes no part.</param>
    /// <param name="sequenceNr">The event that this is as of.</param>
    private async Task<TimeSpan?> SyncAsync(VtepMesh.Command.Open open, ClusterEntityRunner<VtepMesh.State> mesh,
        Func<string, ImmutableArray<Cidr>> cidrsOf, long sequenceNr, ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        var opened = await AskAsync(mesh, open, cancellationToken);
        if (opened is not AskResult.Replied)
        {
            var failed = Failed(opened, faults);
            if (mesh.State.Opened is null || opened is not AskResult.Rejected)
                return failed;
        }
        var members = _membership.State.Members;
        var present = members.Values.Select(m =>
            new MeshMember(m.Node, m.Uid, m.State, m.Reason, m.Vteps, cidrsOf(m.Uid)));
        var gone = _membership.State.Former.Values.Where(f => !members.ContainsKey(f.Node)).GroupBy(f => f.Node)
            .Select(f => f.MaxBy(x => x.Since)!).Select(f => new MeshMember(f.Node, f.Uid, MemberState.Removed, f.Reason, [], []));
        var sync = new VtepMesh.Command.Sync([.. present.Concat(gone)], sequenceNr);
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

    /// <summary>The leases of the removed go once nobody renews them, or the store would keep one for each node that ever was.</summary>
    private async Task DeleteLeasesAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        foreach (var observed in _watcher.Observer.Look())
        {
            if (NodeLeaseRecord.TryDecode(observed.Lease.Value.Span) is not { } record
                || record.State == NodeLeaseState.Up && observed.Liveness != LeaseLiveness.Expired
                || _membership.State.Former.GetValueOrDefault(record.Uid) is not { State: MemberState.Removed } former
                || record.Incarnation > former.Incarnation)
                continue;
            if (await _store.DeleteLeaseAsync(observed.Lease.Name, observed.Lease.Version, cancellationToken) is LeaseOutcome.Unknown unknown)
                faults.Add($"lease {observed.Lease.Name} of a removed node could not be deleted: {unknown.Reason}");
        }
    }
}
