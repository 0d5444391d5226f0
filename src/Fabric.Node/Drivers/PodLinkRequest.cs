using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What a pod's veth pair is to look like.</summary>
public sealed record PodLinkRequest(
    AttachmentId Attachment,
    InterfaceName HostInterface,
    MacAddress Mac,
    int MtuBytes,
    ImmutableArray<AddressPrefix> Addresses,
    ImmutableArray<PodRoute> Routes);
