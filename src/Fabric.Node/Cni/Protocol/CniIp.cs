using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>An address of a result.</summary>
/// <param name="Interface">Index into the result's interfaces; null in an IPAM plugin's result.</param>
public sealed record CniIp(AddressPrefix Address, IpAddress? Gateway, int? Interface);
