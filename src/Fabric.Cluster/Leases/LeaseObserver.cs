using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>Judges whether leases live, by the time since their version last changed before its eyes.</summary>
/// <remarks>
/// <para>
/// Only this observer's own monotonic clock counts: the holders' clocks may be wrong. A lease that was there at the
/// first look gets a full duration to prove itself, since its holder may have renewed it a moment ago.
/// </para>
/// <para>
/// An observer that could not look must not judge: after each complete listing the leases that did not change meanwhile
/// start again as unproven. May be called from any thread.
/// </para>
/// </remarks>
internal sealed class LeaseObserver(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Seen> _leases = new(StringComparer.Ordinal);
    private bool _isReady;

    /// <summary>Whether it has seen a complete listing, and nothing has been missed since.</summary>
    public bool IsReady
    {
        get
        {
            lock (_gate)
                return _isReady;
        }
    }

    /// <returns>Whether something other than a plain renewal of a living lease has changed.</returns>
    public bool Apply(LeaseChanges changes)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            var news = !_isReady;
            if (changes.IsComplete)
            {
                var listed = changes.Changes.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
                foreach (var name in _leases.Keys.Where(k => !listed.Contains(k)).ToList())
                    _leases.Remove(name);
                _isReady = true;
            }
            foreach (var (name, lease) in changes.Changes)
                news |= Apply(name, lease, changes.IsComplete, now);
            return news;
        }
    }

    /// <summary>Nothing can be seen until the next complete listing.</summary>
    public void Lose()
    {
        lock (_gate)
            _isReady = false;
    }

    public ImmutableArray<ObservedLease> Look()
    {
        var now = time.GetTimestamp();
        lock (_gate)
            return [.. _leases.Values.Select(s => new ObservedLease(s.Lease, Judge(s, now)))];
    }

    /// <summary>How long until the next lease would expire if nothing is renewed; null if none can.</summary>
    public TimeSpan? NextExpiry()
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            TimeSpan? next = null;
            foreach (var seen in _leases.Values.Where(s => Judge(s, now) != LeaseLiveness.Expired))
            {
                var left = seen.Lease.Duration - time.GetElapsedTime(seen.At, now);
                next = next is null || left < next ? left : next;
            }
            return next;
        }
    }

    private bool Apply(string name, Lease? lease, bool complete, long now)
    {
        if (lease is null)
            return _leases.Remove(name);
        var before = _leases.GetValueOrDefault(name);
        // A lease that appears while the observer looks on was written just now; one in a first listing may be old.
        var renewed = before is null ? !complete : before.Lease.Version != lease.Version;
        var liveness = before is null ? LeaseLiveness.Unproven : Judge(before, now);
        _leases[name] = new Seen(lease, now, renewed || !complete && before?.IsProven == true);
        return before is null || liveness != Judge(_leases[name], now) || !before.Lease.Value.Span.SequenceEqual(lease.Value.Span);
    }

    private LeaseLiveness Judge(Seen seen, long now) =>
        time.GetElapsedTime(seen.At, now) >= seen.Lease.Duration ? LeaseLiveness.Expired
        : seen.IsProven ? LeaseLiveness.Live
        : LeaseLiveness.Unproven;

    private sealed record Seen(Lease Lease, long At, bool IsProven);
}
