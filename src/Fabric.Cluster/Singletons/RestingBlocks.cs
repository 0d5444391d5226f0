using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Which freed blocks have rested long enough, by this holder's own clock since it first saw them freed.</summary>
/// <remarks>
/// The time of the event does not tell: whoever freed a block and whoever assigns it are different nodes, and the wall clock of
/// either may be wrong by hours. A new holder counts from its first look, so a rest may become longer and never shorter.
/// </remarks>
internal sealed class RestingBlocks(TimeProvider time)
{
    private readonly Dictionary<Cidr, (PodCidr.Rest Freed, long SeenAt)> _seen = [];

    /// <returns>Those that have rested, and when the next one will have; null if none is left.</returns>
    public (ImmutableSortedDictionary<Cidr, PodCidr.Rest> Rested, TimeSpan? Next) Look(PodCidr.State state, TimeSpan quarantine)
    {
        foreach (var gone in _seen.Keys.Where(c => !state.Resting.ContainsKey(c)).ToList())
            _seen.Remove(gone);
        var rested = ImmutableSortedDictionary.CreateBuilder<Cidr, PodCidr.Rest>();
        TimeSpan? next = null;
        foreach (var (cidr, rest) in state.Resting)
        {
            if (!_seen.TryGetValue(cidr, out var seen) || seen.Freed != rest)
                _seen[cidr] = seen = (rest, time.GetTimestamp());
            var left = quarantine - time.GetElapsedTime(seen.SeenAt);
            if (left <= TimeSpan.Zero)
                rested[cidr] = rest;
            else if (next is null || left < next)
                next = left;
        }
        return (rested.ToImmutable(), next);
    }
}
