using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary><c>/v1/status</c>: the node in one page.</summary>
/// <param name="UptimeSeconds">Since the agent's start.</param>
/// <param name="Conditions">What is wrong and keeps no pod from being attached; one sentence each.</param>
/// <param name="Bridge">Null until the bridge is configured.</param>
/// <param name="PortsByStage">Only stages that occur.</param>
/// <param name="ReconciledOrdering">The newest event that ports and flows in Open vSwitch agree with.</param>
/// <param name="FoldedOrdering">The newest event that the agent's state holds; the journal's is in <see cref="Journal"/>.</param>
/// <param name="MailboxDepth">The deepest mailbox of all entities.</param>
/// <param name="Cluster">Null when the agent runs without a cluster store.</param>
public sealed record StatusAnswer(
    DateTimeOffset At,
    NodeName Node,
    string NodeUid,
    long Incarnation,
    string Version,
    double UptimeSeconds,
    ReadinessAnswer Readiness,
    ImmutableArray<string> Conditions,
    BridgeAnswer? Bridge,
    ImmutableArray<Cidr> PodCidrs,
    ImmutableArray<IpAddress> GatewayAddresses,
    SwitchAnswer Switch,
    JournalAnswer Journal,
    ImmutableSortedDictionary<string, int> PortsByStage,
    int Peers,
    int FlowsProgrammed,
    long ReconciledOrdering,
    long FoldedOrdering,
    int MailboxDepth,
    int EntitiesInMemory,
    ClusterAnswer? Cluster);
