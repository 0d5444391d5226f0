using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node.Pipeline;

/// <summary>Another member of the mesh.</summary>
public sealed record Peer
{
    /// <summary>
    /// Its VTEP addresses: packets are accepted from any, and sent to the first of a family this node has too.
    /// </summary>
    public required ImmutableArray<IpAddress> Vteps { get; init; }

    /// <summary>The blocks of its pods, gateway and host identity included.</summary>
    public required ImmutableArray<Cidr> PodCidrs { get; init; }

    /// <summary>The cause set of its flows.</summary>
    public ulong CauseSet { get; init; }
}
