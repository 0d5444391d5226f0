using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>A pod's interface as the kernel has it now.</summary>
public sealed record PodLinkSeen(MacAddress Mac, int MtuBytes, bool IsUp, ImmutableArray<AddressPrefix> Addresses,
    ImmutableArray<PodRoute> Routes);
