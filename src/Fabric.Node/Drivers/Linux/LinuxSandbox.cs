using Fabric.Linux;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>A pod's network namespace, held open by its descriptor.</summary>
public sealed class LinuxSandbox(NetworkNamespace ns, string path)
    : Sandbox(new SandboxRef(path, ns.Id.Device, ns.Id.Inode))
{
    public NetworkNamespace Namespace { get; } = ns;

    protected override void Close() => Namespace.Dispose();
}
