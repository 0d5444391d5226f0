using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The node at one moment of its event loop. Immutable: any thread may read it, as long as it likes.</summary>
/// <param name="Programmed">What Open vSwitch has confirmed.</param>
/// <param name="Planned">What the state asks for, by owner.</param>
/// <param name="Paths">Empty where BFD is off.</param>
/// <param name="MailboxDepth">The deepest mailbox.</param>
public sealed record NodeFacts(
    DateTimeOffset At,
    AgentIdentity Identity,
    Readiness Readiness,
    NodeState State,
    bool SwitchConnected,
    bool SwitchInStep,
    string? SwitchVersion,
    long ReconciledOrdering,
    ImmutableArray<PlannedFlow> Programmed,
    ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> Planned,
    ImmutableSortedDictionary<NodeName, PeerPath> Paths,
    int MailboxDepth,
    int EntitiesInMemory,
    ClusterFacts? Cluster);
