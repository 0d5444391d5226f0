namespace Fabric.Linux;

/// <summary>Identifies a network namespace while it lives (namespaces(7): device and inode of its nsfs file).</summary>
/// <remarks>A path can come to name another namespace; this pair only after the namespace is gone.</remarks>
public readonly record struct NetworkNamespaceId(ulong Device, ulong Inode)
{
    /// <summary>The form <c>device:inode</c>.</summary>
    public override string ToString() => $"{Device}:{Inode}";
}
