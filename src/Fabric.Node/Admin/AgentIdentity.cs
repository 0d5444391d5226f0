using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Who this agent is; fixed for its life.</summary>
/// <param name="Vteps">Where peers send encapsulated packets.</param>
public sealed record AgentIdentity(
    NodeName Node, string Uid, long Incarnation, string Version, DateTimeOffset StartedAt, ImmutableArray<IpAddress> Vteps);
