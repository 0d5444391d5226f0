using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>The leases that changed, each once, with its newest content.</summary>
/// <param name="IsComplete">True: these are all leases there are, and one that is not listed does not exist.</param>
public sealed record LeaseChanges(bool IsComplete, ImmutableArray<LeaseChange> Changes);
