using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Node.Kubernetes;

/// <summary>What a node says of itself in its NodeNetwork, from what it knows at one moment. Pure.</summary>
public static class NodeNetworkReport
{
    /// <param name="before">What was said last; its conditions' times hold while they do not change. Null at first.</param>
    public static NodeNetworkStatus Of(NodeNetworkFacts facts, NodeParameters node, NodeNetworkStatus? before)
    {
        ImmutableArray<MemberView> peers =
            [.. facts.Cluster.Members.Where(m => !m.IsFormer && m.Node != node.Options.NodeName)];
        var failing = peers.Select(p => Failure(p, facts)).OfType<FailingPeer>().ToList();
        int Count(MemberState state) => peers.Count(p => p.State == state);
        return new NodeNetworkStatus(
            [.. facts.PodCidrs.Select(c => c.ToString())],
            [.. node.Vteps.Select(v => v.ToString())],
            node.Options.Overlay.ToString().ToLowerInvariant(),
            node.MtuBytes,
            facts.Attachments,
            node.Version,
            new PeerCounts(Count(MemberState.Up), Count(MemberState.Leaving), Count(MemberState.Joining), Count(MemberState.Unreachable),
                Count(MemberState.Down), failing.Count),
            [.. failing.Take(NodeNetworkStatus.MostFailingPeers)],
            [Ready(facts, before), Store(facts, before)],
            facts.At);
    }

    /// <summary>Whether they say the same, at whatever time.</summary>
    public static bool SaysTheSame(NodeNetworkStatus a, NodeNetworkStatus b) =>
        a.PodCIDRs.SequenceEqual(b.PodCIDRs) && a.Vteps.SequenceEqual(b.Vteps) && a.FailingPeers.SequenceEqual(b.FailingPeers)
        && a.Conditions.SequenceEqual(b.Conditions)
        && a == b with
        {
            PodCIDRs = a.PodCIDRs, Vteps = a.Vteps, FailingPeers = a.FailingPeers, Conditions = a.Conditions, LastUpdated = a.LastUpdated,
        };

    private static FailingPeer? Failure(MemberView peer, NodeNetworkFacts facts)
    {
        var vtep = peer.UnderlayAddresses.IsDefaultOrEmpty ? null : peer.UnderlayAddresses[0].ToString();
        if (peer.State is MemberState.Unreachable or MemberState.Down)
            return new FailingPeer(peer.Node.Value, vtep, $"{peer.State.ToString().ToLowerInvariant()}: {peer.Reason}", Whole(peer.Since));
        return facts.Paths.GetValueOrDefault(peer.Node) is { State: "down" } path
            ? new FailingPeer(peer.Node.Value, vtep, $"the path is down: {path.Diagnostic ?? "BFD hears nothing"}", null)
            : null;
    }

    private static ObjectCondition Ready(NodeNetworkFacts facts, NodeNetworkStatus? before) => facts.Readiness.IsReady
        ? Condition("Ready", "True", "PodsAttach", "pods are attached", facts.At, before)
        : Condition("Ready", "False", facts.Readiness.IsFull ? "AddressesExhausted" : "NotReady", facts.Readiness.Reason, facts.At, before);

    private static ObjectCondition Store(NodeNetworkFacts facts, NodeNetworkStatus? before) => facts.Cluster switch
    {
        { Reachable: true, Stalls.IsEmpty: false } stalled =>
            Condition("ClusterStore", "False", "NewerEvents", string.Join("; ", stalled.Stalls), facts.At, before),
        { Reachable: true, Conditions.IsEmpty: false } faulty =>
            Condition("ClusterStore", "True", "Conditions", string.Join("; ", faulty.Conditions), facts.At, before),
        { Reachable: true } => Condition("ClusterStore", "True", "Reachable", "the cluster's store answers", facts.At, before),
        _ => Condition("ClusterStore", "False", "Unreachable", "the cluster's store does not answer", facts.At, before),
    };

    private static ObjectCondition Condition(
        string type, string status, string reason, string message, DateTimeOffset at, NodeNetworkStatus? before)
    {
        var last = before?.Conditions.FirstOrDefault(c => c.Type == type);
        return new ObjectCondition(type, status, reason, message, last?.Status == status ? last.LastTransitionTime : Whole(at));
    }

    // As it comes back from the API, so that what was read compares equal.
    private static DateTimeOffset Whole(DateTimeOffset at) => DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());
}
