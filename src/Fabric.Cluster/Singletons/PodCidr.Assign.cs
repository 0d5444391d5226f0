using System.Collections.Immutable;
using System.Globalization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// How blocks are chosen: what the node had before, else the lowest free one of each family; nodes in the order of their
/// names.
/// </summary>
public sealed partial class PodCidr
{
    private static Decision Assign(State state, Command.Assign command)
    {
        var blocks = new FreeBlocks(state, command.Rested);
        var events = ImmutableArray.CreateBuilder<IEvent>();
        var waiting = ImmutableArray.CreateBuilder<NodeName>();
        var served = new HashSet<string>(StringComparer.Ordinal);
        var shortage = state.ClusterCidrs.IsEmpty ? "no cluster CIDR is configured" : null;
        foreach (var node in command.Nodes.OrderBy(n => n.Node).ThenBy(n => n.Uid, StringComparer.Ordinal))
        {
            var held = state.Assigned.GetValueOrDefault(node.Uid);
            if (!served.Add(node.Uid))
            {
                waiting.Add(node.Node);
                shortage ??= $"node {node.Node} has the uid {node.Uid} of another node: was its state directory copied?";
                continue;
            }
            if (events.Count == MaxEventsPerCommit)
                return new Decision.Accepted(events.ToImmutable(), new Reply.Assigned(false, waiting.ToImmutable(), shortage));
            var cidrs = blocks.Complete(held?.Cidrs ?? [], node.Uid);
            if (cidrs.IsEmpty)
                waiting.Add(node.Node);
            else if (held is null || held.Node != node.Node || !held.Cidrs.SequenceEqual(cidrs))
                events.Add(new PodCidrEvent.PodCidrAssigned(node.Node, node.Uid, cidrs));
        }
        var reason = waiting.Count == 0 ? null : shortage ?? blocks.Shortage();
        events.AddRange(RunningLow(state, events));
        return reason is not null && events.Count == 0
            ? Decision.Reject("pod-cidrs-exhausted", $"no pod CIDR for {Names(waiting)}: {reason}")
            : new Decision.Accepted(events.ToImmutable(), new Reply.Assigned(true, waiting.ToImmutable(), reason));
    }

    /// <summary>A family of which at least <see cref="LowPercent"/> is held, unless that has been said.</summary>
    private static IEnumerable<IEvent> RunningLow(State state, IEnumerable<IEvent> assigned)
    {
        var after = state.Assigned.SetItems(assigned.Cast<PodCidrEvent.PodCidrAssigned>()
            .Select(e => KeyValuePair.Create(e.NodeUid, new Assignment(e.Node, e.NodeUid, e.Cidrs))));
        foreach (var isV6 in state.ClusterCidrs.Select(c => c.Cidr.IsV6).Distinct().Order().ToList())
        {
            var (held, blocks) = Share(state.ClusterCidrs, after, isV6);
            if (IsLow(held, blocks) && !state.LowIsV6.Contains(isV6))
            {
                yield return new PodCidrEvent.PodCidrRunningLow(
                    isV6, [.. state.ClusterCidrs.Where(c => c.Cidr.IsV6 == isV6).Select(c => c.Cidr)], held, blocks);
            }
        }
    }

    /// <summary>Forgets that a family ran low as soon as it does not any more.</summary>
    private static State Ease(State state) => state with
    {
        LowIsV6 = [.. state.LowIsV6.Where(v6 => Share(state.ClusterCidrs, state.Assigned, v6) is var (held, blocks) && IsLow(held, blocks))],
    };

    private static (long Held, long Blocks) Share(
        ImmutableSortedSet<ClusterCidr> ranges, ImmutableSortedDictionary<string, Assignment> assigned, bool isV6) => (
        assigned.Values.Sum(a => a.Cidrs.Count(c => c.IsV6 == isV6)),
        ranges.Where(r => r.Cidr.IsV6 == isV6).Sum(r => (long)r.Blocks));

    private static bool IsLow(long held, long blocks) => held * 100 >= blocks * LowPercent;

    private static string Names(ImmutableArray<NodeName>.Builder nodes)
    {
        const int Shown = 10;
        var names = string.Join(", ", nodes.Take(Shown));
        return nodes.Count > Shown ? $"{names} and {nodes.Count - Shown} more nodes" : names;
    }

    /// <summary>Hands out the blocks that nobody holds and that have rested; lives for one decision.</summary>
    private sealed class FreeBlocks
    {
        private readonly State _state;
        private readonly HashSet<Cidr> _taken = [];
        private readonly HashSet<Cidr> _given = [];
        private readonly ImmutableArray<bool> _families;
        private readonly Dictionary<Cidr, UInt128> _next = [];
        private readonly Dictionary<(string Uid, bool IsV6), Cidr> _former = [];
        private readonly int _resting;

        public FreeBlocks(State state, ImmutableSortedDictionary<Cidr, Rest> rested)
        {
            _state = state;
            _families = [.. state.ClusterCidrs.Select(c => c.Cidr.IsV6).Distinct().Order()];
            foreach (var held in state.Assigned.Values)
                _taken.UnionWith(held.Cidrs);
            foreach (var (cidr, rest) in state.Resting)
            {
                _former[(rest.Uid, cidr.IsV6)] = cidr;
                if (rested.GetValueOrDefault(cidr) != rest && _taken.Add(cidr))
                    _resting++;
            }
        }

        /// <summary>
        /// What is held, with a block for each family that is missing. Empty if a node that holds nothing can't get all
        /// families: pods with half their addresses would be started and never repaired.
        /// </summary>
        public ImmutableArray<Cidr> Complete(ImmutableArray<Cidr> held, string uid)
        {
            var missing = _families.Where(v6 => !held.Any(c => c.IsV6 == v6)).ToList();
            var found = missing.Select(v6 => Former(uid, v6) ?? Lowest(v6)).ToList();
            if (found.Count == 0 && held.IsEmpty || found.Contains(null))
                return held;
            _taken.UnionWith(found.Select(c => c!.Value));
            _given.UnionWith(found.Select(c => c!.Value));
            return [.. held.Concat(found.Select(c => c!.Value)).Order()];
        }

        public string Shortage()
        {
            var ranges = _state.ClusterCidrs.Select(c =>
            {
                var taken = _taken.Count(t => c.Cidr.Contains(t));
                return string.Create(CultureInfo.InvariantCulture, $"{c.Cidr} has {c.Blocks} blocks of /{c.NodePrefixLength}, ")
                    + string.Create(CultureInfo.InvariantCulture, $"{taken} of them taken");
            });
            return $"{string.Join("; ", ranges)}; {_resting} were freed and still rest. "
                + "Add a cluster CIDR, or remove nodes that are gone";
        }

        // That it rests is no reason: the addresses that may still be about are this very node's.
        private Cidr? Former(string uid, bool v6) =>
            _former.TryGetValue((uid, v6), out var cidr) && !_given.Contains(cidr) ? cidr : null;

        // Blocks are only taken while one of these lives, so a search goes on where the last one of its range ended.
        private Cidr? Lowest(bool v6)
        {
            foreach (var range in _state.ClusterCidrs.Where(c => c.Cidr.IsV6 == v6))
            {
                var index = _next.GetValueOrDefault(range.Cidr);
                while (index < range.Blocks && _taken.Contains(range.Cidr.Subnet(range.NodePrefixLength, index)))
                    index++;
                _next[range.Cidr] = index;
                if (index < range.Blocks)
                    return range.Cidr.Subnet(range.NodePrefixLength, index);
            }
            return null;
        }
    }
}
