using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>Reads the agent's parts; made and used on the event loop.</summary>
public sealed class NodeView : INodeView
{
    public required AgentIdentity Identity { get; init; }

    public required NodeFold Fold { get; init; }

    public required Reconciler Reconciler { get; init; }

    public required ISwitch Switch { get; init; }

    public required IFlowPlan Plan { get; init; }

    public required Actors.EntityHost Host { get; init; }

    public required Func<Readiness> Readiness { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Open vSwitch's version as OVSDB tells it (<c>ovs_version</c>); null while unknown.</summary>
    public Func<string?> SwitchVersion { get; init; } = () => null;

    /// <summary>Null when the agent runs without a cluster store.</summary>
    public IClusterView? Cluster { get; init; }

    public required ChangeSignal ClusterChanges { get; init; }

    public NodeFacts Read() => new(
        Time.GetUtcNow(),
        Identity,
        Readiness(),
        Fold.State,
        Switch.IsConnected,
        Reconciler.IsInStep,
        SwitchVersion(),
        Reconciler.ReconciledOrdering,
        [.. Reconciler.Programmed.All],
        Plan.For(Fold.State),
        Switch.Paths,
        Host.DeepestMailbox,
        Host.ActiveEntities,
        Cluster?.Read());
}
