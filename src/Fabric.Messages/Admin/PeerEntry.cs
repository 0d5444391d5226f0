using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The way to one peer.</summary>
/// <param name="State">The peer's membership state; "open" when membership is not known.</param>
/// <param name="Bfd">
/// What BFD says of the path: <c>up</c>, <c>down</c>, <c>init</c>, <c>admin_down</c> or <c>starting</c>; null where it is off.
/// </param>
/// <param name="Since">When the way to the peer last changed; null when the journal does not reach back that far.</param>
public sealed record PeerEntry(
    NodeName Peer, string PeerUid, ImmutableArray<IpAddress> Vteps, ImmutableArray<Cidr> PodCidrs, string State, DateTimeOffset? Since,
    string? Bfd = null);
