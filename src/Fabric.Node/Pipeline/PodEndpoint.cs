using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node.Pipeline;

/// <summary>A local pod's interface.</summary>
public sealed record PodEndpoint
{
    /// <summary>Its port on the bridge.</summary>
    public required OfPort Port { get; init; }

    /// <summary>The hardware address of the pod's end.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>The pod's own addresses, of either family; link-local ones are derived from the MAC.</summary>
    public required ImmutableArray<IpAddress> Addresses { get; init; }

    /// <summary>The cause set of its flows.</summary>
    public ulong CauseSet { get; init; }
}
