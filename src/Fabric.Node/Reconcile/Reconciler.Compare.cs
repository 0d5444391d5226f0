using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Comparing with what is on the bridge: after a lost session, and now and then.</summary>
public sealed partial class Reconciler
{
    private async Task ResyncAsync(BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken)
    {
        await CompareAsync(bridge, _plan.For(Wanted()), recordsDrift: false, _lostBecause, cancellationToken);
        _needsResync = false;
        _patience.Back();
    }

    /// <summary>Reads what is on the bridge, brings it to the plan in one bundle, and records what was done.</summary>
    private async Task CompareAsync(BridgeEvent.BridgeConfigured bridge,
        ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> plan, bool recordsDrift, string reason,
        CancellationToken cancellationToken)
    {
        var actual = await _switch.DumpFlowsAsync(null, cancellationToken);
        // During an audit the truth to compare with is what was programmed; the plan may already be newer.
        var wanted = (recordsDrift ? Programmed.All : plan.Values.SelectMany(f => f)).ToImmutableArray();
        var comparison = FlowComparison.Of(actual, wanted);
        var sent = _time.GetUtcNow();
        if (!comparison.IsEqual && (RepairsDrift || !recordsDrift))
            await _switch.ChangeFlowsAsync(comparison.ToRemove, [.. comparison.Missing.Select(f => f.Flow)], cancellationToken);
        await CompareGroupsAsync(bridge, RepairsDrift || !recordsDrift, cancellationToken);
        CompareForeignPorts(bridge);
        if (recordsDrift)
        {
            // Under "report" the same finding comes back with every audit; it is news once.
            var finding = comparison.IsEqual ? "" : $"{FlowComparison.Digest([.. comparison.Foreign.Select(f => f.Text.Id)])}"
                + $"{FlowComparison.Digest([.. comparison.Missing.Select(f => f.Text.Id)])}";
            var isNews = finding != _lastDrift;
            _lastDrift = RepairsDrift ? "" : finding;
            if (!comparison.IsEqual && isNews)
            {
                _observer.DriftFound(comparison.Foreign.Length, comparison.Missing.Length, RepairsDrift);
                Record(bridge, comparison.ToDrift(RepairsDrift), CorrelationId.None, null);
            }
            return;
        }
        var recorded = Recorded();
        Programmed.Reset(plan);
        _hasRecorded = true;
        RecordResync(bridge, wanted, comparison, recorded, reason, sent);
    }

    /// <summary>
    /// The flows that the recorder has or will have. After the first comparison only this agent tells it anything, so it is what was
    /// programmed; the journal may be behind that: (1) a change is told, (2) the recorder can't be recovered and keeps it for later,
    /// (3) the session is lost and the next comparison takes the change back, unknown to the journal, (4) the journal learns of (1),
    /// and nothing would ever tell it of (3).
    /// </summary>
    private ImmutableSortedSet<long> Recorded() =>
        _hasRecorded ? Programmed.All.Select(f => f.Text.Id).ToImmutableSortedSet() : _fold.State.Flows.Programmed;

    private void RecordResync(BridgeEvent.BridgeConfigured bridge, ImmutableArray<PlannedFlow> wanted, FlowComparison comparison,
        ImmutableSortedSet<long> recorded, string reason, DateTimeOffset sent)
    {
        var now = wanted.Select(f => f.Text.Id).ToImmutableSortedSet();
        var foreign = comparison.Foreign.Where(f => !recorded.Contains(f.Text.Id)).ToImmutableArray();
        if (foreign.Length > 0)
            Record(bridge, (comparison with { Foreign = foreign, Missing = [] }).ToDrift(repaired: true), CorrelationId.None, null);
        if (recorded.SetEquals(now))
        {
            if (!comparison.Missing.IsEmpty)
            {
                Record(bridge, new FlowEvent.FlowsReprogrammed(comparison.Missing.Length, FlowComparison.Digest(now), reason, sent,
                    _time.GetUtcNow()), CorrelationId.None, null);
            }
            return;
        }
        var added = now.Except(recorded);
        Record(bridge, new FlowEvent.FlowsChanged([.. recorded.Except(now)], [.. added], reason, sent, _time.GetUtcNow())
        {
            Texts = [.. wanted.Where(f => added.Contains(f.Text.Id)).Select(f => (f.Text.Id, f.Text.Text))],
        }, CorrelationId.None, null);
    }
}
