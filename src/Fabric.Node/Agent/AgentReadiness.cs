using Fabric.Cluster;
using Fabric.Messages.Cni;

namespace Fabric.Node;

/// <summary>Decides what STATUS and the readiness probe say: success whenever ADD can be served.</summary>
/// <remarks>The cluster store and the peers do not count: a node that holds a pod CIDR serves without them.</remarks>
public sealed class AgentReadiness(
    NodeFold fold, Reconciler reconciler, GatewayKeeper gateway, ClusterStanding standing, AgentLog log, NodeParameters node)
{
    /// <summary>Whether what a crash left behind has been looked at.</summary>
    public bool HasRecovered { get; set; }

    /// <summary>
    /// Whether this is the first start since the machine booted, so that the journal's newest events may have been lost with the
    /// power: what the node holds is confirmed with the cluster store before the first ADD.
    /// </summary>
    public bool NeedsConfirmation { get; set; }

    /// <summary>Why the cluster store can't be reached, for the message of a node that waits for it.</summary>
    public Func<string?> StoreFault { get; set; } = () => null;

    public Readiness Now()
    {
        var state = fold.State;
        if (!HasRecovered)
            return NotAvailable("the agent is starting");
        if (fold.StoppedAt is { } stop)
            return NotAvailable(stop);
        if (standing.Removal is { } removal)
            return NotAvailable($"this node was removed from the cluster ({removal}); it joins again once the cluster store answers");
        if (standing.IsDrained)
            return NotAvailable($"this node is drained; fabric node undrain {node.Options.NodeName} ends that");
        if (state.Bridge.Configured is null || state.PodCidrs.IsEmpty)
        {
            return NotAvailable("this node has no pod CIDR yet"
                + (StoreFault() is { } fault ? $"; the cluster store: {fault}" : WhoGivesIt()));
        }
        if (NeedsConfirmation)
            return NotAvailable($"the cluster store has not confirmed this node's pod CIDR since the boot: {StoreFault() ?? "asking"}");
        if (!reconciler.IsInStep)
        {
            const string Reason = "Open vSwitch does not answer, or is not in step yet";
            return state.Ports.IsEmpty ? NotAvailable(Reason) : new Readiness((int)CniErrorCode.NotAvailableAndImpaired, Reason);
        }
        if (gateway.Fault is { } trouble)
            return NotAvailable($"the gateway device: {trouble}");
        if (log.JournalFault is { } unwritable)
            return NotAvailable($"the journal can't be written: {unwritable}");
        return PoolFault(state) ?? Readiness.Ready;
    }

    private string WhoGivesIt() => node.Options.PodCidrSource == PodCidr.SourceFabric
        ? ", the cluster's singleton assigns it"
        : $": it is that of spec.podCIDRs of the Node object {node.Options.NodeName}, which kube-controller-manager sets if it runs "
            + "with --allocate-node-cidrs; without such an allocator use --pod-cidr-source fabric";

    private Readiness? PoolFault(NodeState state)
    {
        foreach (var pool in node.PoolsFor(state.PodCidrs))
        {
            if (!state.Pools.TryGetValue(pool, out var held) || held.Cidr is not { } cidr)
                return NotAvailable($"pool {pool} is not open yet");
            var unusable = (UInt128)(AddressPool.ReservedAddresses + (cidr.IsV6 ? 0 : 1));
            // A pod on an address of an earlier block takes none of this one's.
            if ((UInt128)held.Lending.Holders.Keys.Count(cidr.Contains) + unusable >= cidr.Size)
                return NotAvailable($"all addresses of {cidr} are held") with { IsFull = true };
        }
        return null;
    }

    private static Readiness NotAvailable(string reason) => new((int)CniErrorCode.NotAvailable, reason);
}
