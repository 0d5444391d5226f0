using System.Collections.Immutable;
using System.Globalization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>How blocks are chosen: the lowest free one of each family, nodes in the order of their names.</summary>
public sealed partial class PodCidr
{
    private static Decision Assign(State state, ImmutableArray<NodeRef> nodes, DateTimeOffset at)
    {
        var blocks = new FreeBlocks(state, at);
        var events = ImmutableArray.CreateBuilder<IEvent>();
        var waiting = ImmutableArray.CreateBuilder<NodeName>();
        var served = new HashSet<string>(StringComparer.Ordinal);
        var shortage = state.ClusterCidrs.IsEmpty ? "no cluster CIDR is configured" : null;
        foreach (var node in nodes.OrderBy(n => n.Node).ThenBy(n => n.Uid, StringComparer.Ordinal))
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
            var cidrs = blocks.Complete(held?.Cidrs ?? []);
            if (cidrs.IsEmpty)
                waiting.Add(node.Node);
            else if (held is null || held.Node != node.Node || !held.Cidrs.SequenceEqual(cidrs))
                events.Add(new PodCidrEvent.PodCidrAssigned(node.Node, node.Uid, cidrs));
        }
        var reason = waiting.Count == 0 ? null : shortage ?? blocks.Shortage();
        return reason is not null && events.Count == 0
            ? Decision.Reject("pod-cidrs-exhausted", $"no pod CIDR for {Names(waiting)}: {reason}")
            : new Decision.Accepted(events.ToImmutable(), new Reply.Assigned(true, waiting.ToImmutable(), reason));
    }

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
        private readonly ImmutableArray<bool> _families;
        private readonly Dictionary<Cidr, UInt128> _next = [];
        private readonly int _resting;

        public FreeBlocks(State state, DateTimeOffset at)
        {
            _state = state;
            _families = [.. state.ClusterCidrs.Select(c => c.Cidr.IsV6).Distinct().Order()];
            foreach (var held in state.Assigned.Values)
                _taken.UnionWith(held.Cidrs);
            foreach (var (cidr, freedAt) in state.Resting)
            {
                if (at < freedAt + Quarantine && _taken.Add(cidr))
                    _resting++;
            }
        }

        /// <summary>
        /// What is held, with a block for each family that is missing. Empty if a node that holds nothing can't get all
        /// families: pods with half their addresses would be started and never repaired.
        /// </summary>
        public ImmutableArray<Cidr> Complete(ImmutableArray<Cidr> held)
        {
            var missing = _families.Where(v6 => !held.Any(c => c.IsV6 == v6)).ToList();
            var found = missing.Select(Lowest).ToList();
            if (found.Count == 0 && held.IsEmpty || found.Contains(null))
                return held;
            _taken.UnionWith(found.Select(c => c!.Value));
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
            return $"{string.Join("; ", ranges)}; {_resting} freed less than {Quarantine.TotalMinutes:0} minutes ago. "
                + "Add a cluster CIDR, or remove nodes that are gone";
        }

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
