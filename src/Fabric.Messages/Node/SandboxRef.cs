namespace Fabric.Messages;

/// <summary>A network namespace's identity: device and inode of its nsfs file. Paths are reused, these are not while it lives.</summary>
public sealed record SandboxRef(string Path, ulong Device, ulong Inode)
{
    public bool IsSameNamespace(SandboxRef other) => Device == other.Device && Inode == other.Inode;
}
