using Fabric.Messages;

namespace Fabric.Node;

/// <summary>An open network namespace of a pod. While it is open the kernel keeps the namespace.</summary>
public abstract class Sandbox(SandboxRef reference) : IDisposable
{
    public SandboxRef Ref { get; } = reference;

    public abstract void Dispose();
}
