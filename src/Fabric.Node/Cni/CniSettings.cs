using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>What the CNI service needs to know of the node.</summary>
/// <param name="MtuBytes">The fabric's MTU; a configuration may ask for less.</param>
/// <param name="Network">The default network's name in persistence ids.</param>
public sealed record CniSettings(string Bridge, string Network, int MtuBytes, string BootId, ImmutableArray<PersistenceId> Pools);
