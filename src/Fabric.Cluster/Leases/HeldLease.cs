using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>A lease that this process holds or wants: its version, and since when it is surely held.</summary>
/// <param name="isOwn">
/// Whether a lease's value is this holder's: then a write whose answer was lost has come through.
/// </param>
internal sealed class HeldLease(IClusterStore store, string name, TimeSpan duration, TimeProvider time, Func<Lease, bool> isOwn)
{
    private long _confirmedAt;
    private bool _isHeld;

    public long Version { get; private set; }

    /// <summary>How long ago the last write that surely took effect began.</summary>
    public TimeSpan SinceConfirmed => _isHeld ? time.GetElapsedTime(_confirmedAt) : TimeSpan.MaxValue;

    /// <summary>
    /// Whether no observer can have judged it expired: observers count from when they see a write, this from before it
    /// began, and a third of the duration is left for clocks that run at different speeds.
    /// </summary>
    public bool IsSurelyHeld => SinceConfirmed < duration * 2 / 3;

    /// <summary>What the next write expects, when the caller has seen the lease itself.</summary>
    public void Expect(long version) => Version = version;

    public async Task<HoldOutcome> PutAsync(ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var began = time.GetTimestamp();
            switch (await store.PutLeaseAsync(name, value, duration, Version, cancellationToken))
            {
                case LeaseOutcome.Done done:
                    (Version, _confirmedAt, _isHeld) = (done.Version, began, true);
                    return new HoldOutcome.Held();
                case LeaseOutcome.Conflict { Current: { } current } when isOwn(current) && attempt == 0:
                    Version = current.Version;
                    break;
                case LeaseOutcome.Conflict conflict:
                    return new HoldOutcome.Taken(conflict.Current);
                case LeaseOutcome.Unknown unknown:
                    return new HoldOutcome.Unsure(unknown.Reason);
                case var other:
                    throw new InvariantBrokenException($"unexpected lease outcome {other}");
            }
        }
    }

    /// <summary>Deletes the lease if it is still this holder's.</summary>
    /// <returns>Null, or why it may still be there.</returns>
    public async Task<string?> DeleteAsync(CancellationToken cancellationToken)
    {
        _isHeld = false;
        for (var attempt = 0; ; attempt++)
        {
            switch (await store.DeleteLeaseAsync(name, Version, cancellationToken))
            {
                case LeaseOutcome.Conflict { Current: { } current } when isOwn(current) && attempt == 0:
                    Version = current.Version;
                    break;
                case LeaseOutcome.Unknown unknown:
                    return unknown.Reason;
                default:
                    return null;
            }
        }
    }
}
