using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>One pod interface.</summary>
/// <param name="Stage">requested, plumbing, ready, unplumbing or releasing.</param>
/// <param name="Since">When it entered that stage; null when the journal does not reach back that far.</param>
/// <param name="Retries">How often its detachment was tried again.</param>
public sealed record PortEntry(
    ContainerId Container,
    InterfaceName IfName,
    PodRef? Pod,
    NetworkName? Network,
    string Stage,
    DateTimeOffset? Since,
    ImmutableArray<AddressPrefix> Addresses,
    OfPort? OfPort,
    InterfaceName? HostInterface,
    MacAddress? Mac,
    int Retries,
    NetworkName? VirtualNetwork);
