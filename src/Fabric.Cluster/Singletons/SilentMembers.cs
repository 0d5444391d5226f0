using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>How long members have been silent before this holder's eyes, by its own monotonic clock.</summary>
/// <remarks>A new holder starts anew: it believes no other clock, so a removal comes rather too late than too early.</remarks>
internal sealed class SilentMembers(TimeProvider time)
{
    private readonly SortedDictionary<NodeName, (string Uid, long Incarnation, long Since)> _since = [];

    /// <summary>Takes note of who is silent now.</summary>
    public void Look(Membership.State members)
    {
        foreach (var member in members.Members.Values)
        {
            if (member.State is not (MemberState.Unreachable or MemberState.Down))
                _since.Remove(member.Node);
            else if (!_since.TryGetValue(member.Node, out var seen) || seen.Uid != member.Uid || seen.Incarnation != member.Incarnation)
                _since[member.Node] = (member.Uid, member.Incarnation, time.GetTimestamp());
        }
        foreach (var gone in _since.Keys.Where(n => !members.Members.ContainsKey(n)).ToList())
            _since.Remove(gone);
    }

    /// <summary>Those who have been silent for at least so long, and when the next one will have been.</summary>
    public (ImmutableArray<SilentMember> Due, TimeSpan? Next) After(TimeSpan duration)
    {
        var due = ImmutableArray.CreateBuilder<SilentMember>();
        TimeSpan? next = null;
        foreach (var (node, (uid, incarnation, since)) in _since)
        {
            var left = duration - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
                due.Add(new SilentMember(new NodeRef(node, uid), incarnation));
            else if (next is null || left < next)
                next = left;
        }
        return (due.ToImmutable(), next);
    }
}
