using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Numbers lent to attachments: each attachment holds at most one, each number has at most one holder.</summary>
/// <remarks>
/// Numbers are taken next-fit and rest for <see cref="Rest"/> after they were given back, so that whatever still belongs to the
/// last holder (neighbour entries, connections, packets under way) has gone before the next one gets the number
/// (docs/architecture.md, address reuse).
/// </remarks>
public sealed record Lending<T>(
    ImmutableSortedDictionary<AttachmentId, T> Held,
    ImmutableSortedDictionary<T, AttachmentId> Holders,
    ImmutableSortedDictionary<T, DateTimeOffset> Resting,
    T? Last)
    where T : struct, IComparable<T>
{
    public static TimeSpan Rest { get; } = TimeSpan.FromSeconds(60);

    public static Lending<T> Empty { get; } = new(
        ImmutableSortedDictionary<AttachmentId, T>.Empty,
        ImmutableSortedDictionary<T, AttachmentId>.Empty,
        ImmutableSortedDictionary<T, DateTimeOffset>.Empty,
        null);

    public Lending<T> Take(AttachmentId attachment, T number) => new(
        Held.SetItem(attachment, number), Holders.SetItem(number, attachment), Resting.Remove(number), number);

    public Lending<T> GiveBack(AttachmentId attachment, T number, DateTimeOffset at) => this with
    {
        Held = Held.Remove(attachment),
        Holders = Holders.Remove(number),
        // A rest that is over says nothing more, and in a v6 block numbers seldom come round to be taken again.
        Resting = Resting.RemoveRange(Resting.Where(r => at - r.Value >= Rest).Select(r => r.Key)).SetItem(number, at),
    };

    public bool IsHeld(T number) => Holders.ContainsKey(number);

    /// <summary>Whether the number was given back less than <see cref="Rest"/> ago. A clock that went backwards ends no rest.</summary>
    public bool IsResting(T number, DateTimeOffset at) => Resting.TryGetValue(number, out var since) && at - since < Rest;

    /// <summary>The resting number that has rested longest among those that <paramref name="fit"/>; null if there is none.</summary>
    public T? LongestRested(Predicate<T> fit)
    {
        T? best = null;
        var since = DateTimeOffset.MaxValue;
        foreach (var (number, at) in Resting)
        {
            if (at < since && fit(number))
                (best, since) = (number, at);
        }
        return best;
    }
}
