using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The virtual network of an attachment.</summary>
/// <param name="Claimed">Those of its addresses that the cluster gave it by name, since they are not of its node's block.</param>
public sealed record VirtualAttachment(NetworkName Network, ImmutableArray<IpAddress> Claimed);
