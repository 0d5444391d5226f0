using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Asks the cluster's entities on an operator's behalf: load, decide, append, and again after a conflict.</summary>
/// <remarks>
/// It takes no lease: compare-and-set keeps it and the singletons' holder apart, and the holder, who watches these streams, does what
/// follows.
/// </remarks>
/// <param name="access">The store, and this node's writer; null before it has joined.</param>
public sealed partial class ClusterOperations(NodeParameters node, Func<(IClusterStore Store, ClusterWriter Writer)?> access, Func<string?> storeFault)
    : IClusterOperations
{
    private string By => $"by the operator, on node {node.Options.NodeName}";

    public async Task<OperationOutcome> DrainAsync(NodeName name, bool isDrained, CancellationToken cancellationToken)
    {
        if (access() is not { } cluster)
            return NotJoined();
        var drain = new Membership.Command.Drain(name, isDrained, By);
        return await Members(cluster).AskAsync(drain, CorrelationId.None, cancellationToken) is not AskResult.Replied and var answer
            ? NotDone(answer)
            : new OperationOutcome.Done(isDrained
                ? $"node {name} takes no new pods. Once its pods are gone, its agent's orderly stop takes it out of the cluster"
                : $"node {name} takes pods again");
    }

    public async Task<OperationOutcome> RemoveAsync(NodeName name, string? uid, bool isForced, CancellationToken cancellationToken)
    {
        if (access() is not { } cluster)
            return NotJoined();
        NodeLeaseRecord? lease;
        try
        {
            var leases = await cluster.Store.ReadLeasesAsync(NodeLeaseRecord.LeaseName(name), cancellationToken);
            // Others' names may begin with this one.
            lease = leases.FirstOrDefault(l => l.Name == NodeLeaseRecord.LeaseName(name)) is { } found
                ? NodeLeaseRecord.TryDecode(found.Value.Span)
                : null;
        }
        catch (JournalException e)
        {
            return new OperationOutcome.Unavailable(e.Message);
        }
        var remove = new Membership.Command.Remove(name, uid, isForced, By, lease);
        var members = Members(cluster);
        var answer = await members.AskAsync(remove, CorrelationId.None, cancellationToken);
        if (answer is not AskResult.Replied { Reply: Membership.Reply.Removed removed })
            return NotDone(answer);
        var podCidrs = PodCidrs(cluster, members);
        var free = new PodCidr.Command.Free(removed.Nodes, $"removed {By}");
        answer = await podCidrs.AskAsync(free, CorrelationId.None, cancellationToken);
        // The removal stands, and the holder of the singletons frees whatever the removed still hold.
        if (answer is not AskResult.Replied { Reply: PodCidr.Reply.Freed { Cidrs: var freed } })
            return NotDone(answer);
        var networks = await Networks(cluster, members).AskAsync(
            new VirtualNetworks.Command.FreeNodes(removed.Nodes, $"removed {By}"), CorrelationId.None, cancellationToken);
        if (networks is not AskResult.Replied)
            return NotDone(networks);
        return new OperationOutcome.Done($"node {name} is removed ({string.Join(", ", removed.Nodes.Select(n => n.Uid))}); "
            + (freed.IsEmpty ? "nothing was left to free" : $"{string.Join(", ", freed)} rests for {node.Options.Quarantine:g}"));
    }

    public async Task<OperationOutcome> AddCidrAsync(ClusterCidr range, CancellationToken cancellationToken)
    {
        if (access() is not { } cluster)
            return NotJoined();
        var (members, fault) = await NewestMembersAsync(cluster, cancellationToken);
        if (fault is not null)
            return new OperationOutcome.Unavailable(fault);
        var answer = await PodCidrs(cluster, members).AskAsync(new PodCidr.Command.Add(range), CorrelationId.None, cancellationToken);
        return answer is AskResult.Replied ? new OperationOutcome.Done($"{range} is a cluster CIDR") : NotDone(answer);
    }

    /// <summary>What every member can read is taken from the stream that is written: a follower of it may lag behind a member that came.</summary>
    private ClusterEntityRunner<Membership.State> Members((IClusterStore Store, ClusterWriter Writer) cluster) => new(
        new Membership(), Membership.Id(node.Options.ClusterName), cluster.Store, node.Streams, cluster.Writer, members => members.EventLevel);

    /// <summary>For what is decided on another stream: the members as they are now, or why they can't be read.</summary>
    private async Task<(ClusterEntityRunner<Membership.State> Members, string? Fault)> NewestMembersAsync(
        (IClusterStore Store, ClusterWriter Writer) cluster, CancellationToken cancellationToken)
    {
        var members = Members(cluster);
        try
        {
            await members.RefreshAsync(cancellationToken);
            return (members, null);
        }
        catch (JournalException e)
        {
            return (members, e.Message);
        }
    }

    private ClusterEntityRunner<PodCidr.State> PodCidrs(
        (IClusterStore Store, ClusterWriter Writer) cluster, ClusterEntityRunner<Membership.State> members) => new(
        new PodCidr(), PodCidr.Id(node.Options.ClusterName), cluster.Store, node.Streams, cluster.Writer, _ => members.State.EventLevel);

    private OperationOutcome.Unavailable NotJoined() => new(
        $"this node has not joined the cluster{(storeFault() is { } fault ? $"; the cluster store: {fault}" : "")}");

    private static OperationOutcome NotDone(AskResult answer) => answer switch
    {
        AskResult.Rejected { Reason: var reason } => new OperationOutcome.Refused(reason.Code, reason.Message),
        AskResult.Unavailable unavailable => new OperationOutcome.Unavailable(unavailable.Reason),
        _ => throw new InvariantBrokenException($"unexpected answer {answer}"),
    };
}
