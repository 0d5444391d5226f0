using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>What one node can say of the cluster's singletons.</summary>
/// <param name="IsHolder">Whether they run here.</param>
/// <param name="Faults">What the holder can't do, one sentence each; empty elsewhere.</param>
public sealed record SingletonStatus(bool IsHolder, DateTimeOffset Since, ImmutableArray<string> Faults);
