using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>What a node's NodeNetwork is made of, at one moment of its event loop; cheap to read.</summary>
/// <param name="Attachments">How many interfaces of pods there are.</param>
/// <param name="Paths">Empty where BFD is off.</param>
public sealed record NodeNetworkFacts(
    DateTimeOffset At,
    Readiness Readiness,
    ImmutableArray<Cidr> PodCidrs,
    int Attachments,
    ImmutableSortedDictionary<NodeName, PeerPath> Paths,
    ClusterFacts Cluster);
