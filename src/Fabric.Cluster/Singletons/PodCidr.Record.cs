using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>How blocks are taken over from Kubernetes' own allocator: in order, each only if nobody else holds any of it.</summary>
public sealed partial class PodCidr
{
    private static Decision Record(State state, Command.Record record, DateTimeOffset at)
    {
        var events = ImmutableArray.CreateBuilder<IEvent>();
        var refused = ImmutableArray.CreateBuilder<(NodeName, string)>();
        var holders = new SortedDictionary<Cidr, Assignment>();
        foreach (var held in state.Assigned.Values)
            Put(held);
        foreach (var (node, blocks) in record.Nodes.OrderBy(n => n.Node.Node).ThenBy(n => n.Node.Uid, StringComparer.Ordinal))
        {
            ImmutableArray<Cidr> cidrs = [.. blocks.Order()];
            var held = state.Assigned.GetValueOrDefault(node.Uid);
            if (held is not null && held.Node == node.Node && held.Cidrs.SequenceEqual(cidrs))
                continue;
            if (Outside(state, cidrs) is { } outside)
            {
                refused.Add((node.Node, outside));
                continue;
            }
            // A machine that was set up anew has another uid, and Kubernetes gives its Node object what it had.
            var before = holders.Values.Where(h => h.Node == node.Node && h.Uid != node.Uid).Distinct().ToList();
            var others = holders.Where(h => h.Value.Uid != node.Uid && !before.Contains(h.Value) && cidrs.Any(c => c.Overlaps(h.Key))).ToList();
            if (others is [var other, ..])
            {
                refused.Add((node.Node, $"{string.Join(", ", cidrs)} overlaps {other.Key}, which node {other.Value.Node} still holds"));
                continue;
            }
            if (events.Count + before.Count >= MaxEventsPerCommit)
                return new Decision.Accepted(events.ToImmutable(), new Reply.Recorded(false, refused.ToImmutable()));
            foreach (var gone in before)
            {
                Take(gone);
                events.Add(new PodCidrEvent.PodCidrFreed(gone.Node, gone.Uid, gone.Cidrs, $"the node goes on with uid {node.Uid}", at));
            }
            if (held is not null)
                Take(held);
            Put(new Assignment(node.Node, node.Uid, cidrs));
            events.Add(new PodCidrEvent.PodCidrAssigned(node.Node, node.Uid, cidrs));
        }
        return new Decision.Accepted(events.ToImmutable(), new Reply.Recorded(true, refused.ToImmutable()));

        void Put(Assignment assignment)
        {
            foreach (var cidr in assignment.Cidrs)
                holders[cidr] = assignment;
        }

        void Take(Assignment assignment)
        {
            foreach (var cidr in assignment.Cidrs)
                holders.Remove(cidr);
        }
    }

    /// <summary>What would be masqueraded or dropped on its way, as if it were no pod's.</summary>
    private static string? Outside(State state, ImmutableArray<Cidr> cidrs)
    {
        var outside = cidrs.Where(c => !state.ClusterCidrs.Any(r => r.Cidr.Contains(c))).ToList();
        return outside.Count == 0
            ? null
            : $"spec.podCIDRs {string.Join(", ", outside)} lies outside the cluster CIDR "
                + $"{string.Join(", ", state.ClusterCidrs.Select(c => c.Cidr))}: --cluster-cidr must be kube-controller-manager's --cluster-cidr";
    }
}
