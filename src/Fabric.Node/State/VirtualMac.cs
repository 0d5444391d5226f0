using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The link address that answers for every address of the fabric; the same on every node and for ever.</summary>
/// <remarks>
/// Pods keep it in their neighbour caches, so it must never change. Locally administered (IEEE 802c), and not one that Linux or a
/// hypervisor draws.
/// </remarks>
public static class VirtualMac
{
    public static MacAddress Value { get; } = new(0x0A_FA_B0_00_00_01);
}
