using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The Node objects' part of a round: whose is gone is removed, and what Kubernetes' allocator gave is recorded.</summary>
internal sealed partial class SingletonWork
{
    // Kubernetes' silence keeps nothing else from its turn.
    private TimeSpan? _askAgain;

    /// <summary>Follows the Node objects until cancelled; and then returns.</summary>
    public Task WatchNodeObjectsAsync(CancellationToken cancellationToken) => _nodes is null
        ? Quiet.Delay(Timeout.InfiniteTimeSpan, _writer.Time, cancellationToken)
        : Task.WhenAll(_nodes.RunAsync(cancellationToken), WakeAsync(_nodes.Changed, cancellationToken));

    private async Task WakeAsync(ChangeSignal changed, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var seen = changed.Count;
                _watcher.Changed.Raise();
                await changed.WaitAsync(seen, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>
    /// Only who has said which Node object is its own is judged: an agent outside Kubernetes has none, and is no less a member.
    /// </summary>
    private async Task<TimeSpan?> RemoveDeletedAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        if (_nodes?.Look() is not { } objects)
            return null;
        var present = objects.Values.Select(o => o.ObjectUid).ToHashSet(StringComparer.Ordinal);
        var state = _membership.State;
        var missing = state.Members.Values.Select(m => (m.Node, m.ObjectUid))
            .Concat(state.Former.Values.Where(f => !f.FreesCidrs).Select(f => (f.Node, f.ObjectUid)))
            .Where(m => m.ObjectUid is { } uid && !present.Contains(uid)).Distinct().ToList();
        var deleted = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        _askAgain = null;
        foreach (var (node, uid) in missing)
        {
            // What is missing in what was watched may be newer than that: a machine that has just joined.
            if (await _nodes.IsDeletedAsync(node, uid!, cancellationToken) is not { } isDeleted)
                _askAgain = RetryAfter;
            else if (isDeleted)
                deleted.Add(uid!);
        }
        while (deleted.Any(IsHeld))
        {
            var remove = new Membership.Command.RemoveDeleted(deleted.ToImmutable(), "its Node object was deleted");
            if (Unless(await AskAsync(_membership, remove, cancellationToken), faults) is { } retry)
                return retry;
        }
        return null;
    }

    private bool IsHeld(string objectUid) => _membership.State.Members.Values.Any(m => m.ObjectUid == objectUid)
        || _membership.State.Former.Values.Any(f => !f.FreesCidrs && f.ObjectUid == objectUid);

    private async Task<TimeSpan?> RecordAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        if (_nodes is null)
        {
            faults.Add("pod CIDRs come from kubernetes in this cluster, and this node's agent does not use Kubernetes: see --kubernetes");
            return WaitingRetryAfter;
        }
        // What nodes have already goes on; that the objects have been read wakes this.
        if (_nodes.Look() is not { } objects)
            return null;
        var (blocks, waiting) = BlocksOf(objects);
        while (true)
        {
            switch (await AskAsync(_podCidr, new PodCidr.Command.Record(blocks), cancellationToken))
            {
                case AskResult.Replied { Reply: PodCidr.Reply.Recorded { Complete: true } recorded }:
                    foreach (var (node, reason) in recorded.Refused)
                        faults.Add($"no pod CIDR for {node}: {reason}");
                    if (waiting.Count > 0)
                        faults.Add($"no pod CIDR for {string.Join(", ", waiting)}: spec.podCIDRs of the Node object is empty");
                    // What changes these is another Node object, or a removal, and both wake this.
                    return null;
                case AskResult.Replied:
                    break;
                case var other:
                    return Failed(other, faults);
            }
        }
    }

    /// <returns>What the Node objects of members have, and who waits for theirs.</returns>
    private (ImmutableArray<NodeBlocks> Blocks, List<NodeName> Waiting) BlocksOf(ImmutableSortedDictionary<NodeName, NodeSighting> objects)
    {
        var blocks = ImmutableArray.CreateBuilder<NodeBlocks>();
        var waiting = new List<NodeName>();
        foreach (var member in _membership.State.Members.Values.Where(m => m.ObjectUid is not null))
        {
            // An object that is newer than the member's word is that of its next life.
            if (!objects.TryGetValue(member.Node, out var seen) || seen.ObjectUid != member.ObjectUid)
                continue;
            if (seen.PodCidrs.IsEmpty)
                waiting.Add(member.Node);
            else
                blocks.Add(new NodeBlocks(member.Ref, seen.PodCidrs));
        }
        return (blocks.ToImmutable(), waiting);
    }
}
