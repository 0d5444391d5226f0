using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>A request as it came, with the namespace that came along.</summary>
/// <param name="sandboxFault">What is wrong with the descriptor that came along, as a sentence; null if nothing is.</param>
public sealed class CniCall(CniRequestFrame frame, LinuxSandbox? sandbox, string? sandboxFault) : IDisposable
{
    public CniRequestFrame Frame { get; } = frame;

    public LinuxSandbox? Sandbox { get; } = sandbox;

    public string? SandboxFault { get; } = sandboxFault;

    public void Dispose() => Sandbox?.Dispose();
}
