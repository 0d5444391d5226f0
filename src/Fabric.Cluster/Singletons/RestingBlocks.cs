using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>Which freed blocks have rested long enough, by this holder's own clock since it first saw them freed.</summary>
/// <remarks>
/// The time of the event does not tell: whoever freed a block and whoever assigns it are different nodes, and the wall clock of
/// either may be wrong by hours. A new holder counts from its first look, so a rest may become longer and never shorter.
/// </remarks>
internal sealed class RestingBlocks<TBlock, TRest>(TimeProvider time)
    where TBlock : notnull
    where TRest : class
{
    private readonly Dictionary<TBlock, (TRest Freed, long SeenAt)> _seen = [];

    /// <returns>Those that have rested, and when the next one will have; null if none is left.</returns>
    public (ImmutableSortedDictionary<TBlock, TRest> Rested, TimeSpan? Next) Look(
        ImmutableSortedDictionary<TBlock, TRest> resting, TimeSpan quarantine)
    {
        foreach (var gone in _seen.Keys.Where(c => !resting.ContainsKey(c)).ToList())
            _seen.Remove(gone);
        var rested = ImmutableSortedDictionary.CreateBuilder<TBlock, TRest>();
        TimeSpan? next = null;
        foreach (var (block, rest) in resting)
        {
            if (!_seen.TryGetValue(block, out var seen) || !seen.Freed.Equals(rest))
                _seen[block] = seen = (rest, time.GetTimestamp());
            var left = quarantine - time.GetElapsedTime(seen.SeenAt);
            if (left <= TimeSpan.Zero)
                rested[block] = rest;
            else if (next is null || left < next)
                next = left;
        }
        return (rested.ToImmutable(), next);
    }
}
