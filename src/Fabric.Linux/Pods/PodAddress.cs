using System.Net;

namespace Fabric.Linux.Pods;

/// <summary>An address of a pod's interface.</summary>
/// <param name="Address">The IPv4 or IPv6 address.</param>
/// <param name="PrefixLength">The length of its subnet's prefix, 0–32 or 0–128 bits.</param>
public sealed record PodAddress(IPAddress Address, int PrefixLength);
