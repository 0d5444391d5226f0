using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What the kernel answered about a pod's veth pair.</summary>
public sealed record PodLinkMade(int HostIfIndex, MacAddress HostMac, int PodIfIndex, MacAddress Mac, int MtuBytes);
