using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>One address pool.</summary>
/// <param name="Cidr">Null until the node has a block.</param>
/// <param name="Used">Addresses held, those of an earlier block included.</param>
/// <param name="Free">Addresses of the block that can be given now; at most <see cref="long.MaxValue"/>.</param>
/// <param name="Resting">Addresses given back so recently that others are taken first.</param>
/// <param name="Addresses">Held and resting ones, by address.</param>
public sealed record PoolEntry(
    PersistenceId Pool, Cidr? Cidr, int Used, long Free, int Resting, ImmutableArray<AddressEntry> Addresses);
