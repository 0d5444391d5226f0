using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>When a port came to what it is.</summary>
/// <param name="StageSince">Null when the journal does not reach back that far.</param>
public sealed record PortTimes(DateTimeOffset? StageSince, ImmutableSortedDictionary<IpAddress, DateTimeOffset> AddressSince);
