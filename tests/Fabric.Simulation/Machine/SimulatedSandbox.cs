using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>A pod's namespace as a request brings it.</summary>
internal sealed class SimulatedSandbox(KernelState.PodNamespace pod) : Sandbox(new SandboxRef($"/run/netns/{pod.Inode}", 4, pod.Inode))
{
    public KernelState.PodNamespace Namespace { get; } = pod;

    protected override void Close()
    {
    }
}
