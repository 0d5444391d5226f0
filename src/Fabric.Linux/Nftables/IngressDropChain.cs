namespace Fabric.Linux.Nftables;

/// <summary>An ingress chain that drops everything.</summary>
/// <param name="Chain">The chain's name.</param>
/// <param name="Device">The device it hangs on; null: the device is gone and the kernel has forgotten it.</param>
public sealed record IngressDropChain(string Chain, string? Device);
