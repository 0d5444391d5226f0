namespace Fabric.Cluster;

/// <summary>A named record that its holder renews.</summary>
/// <param name="Version">
/// Changes with every write and is never used twice in a store, also not after a deletion: what compare-and-set
/// compares, and what tells an observer that the holder lives.
/// </param>
/// <param name="Duration">
/// How long the holder asks to be believed after a renewal. Stores never judge it: observers do, each by its own
/// monotonic clock.
/// </param>
/// <param name="Value">UTF-8 JSON.</param>
public sealed record Lease(string Name, long Version, TimeSpan Duration, ReadOnlyMemory<byte> Value);
