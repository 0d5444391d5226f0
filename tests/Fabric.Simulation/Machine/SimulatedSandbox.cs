using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>A pod's namespace as a request brings it.</summary>
internal sealed class SimulatedSandbox : Sandbox
{
    private readonly KernelState _kernel;
    private bool _isClosed;

    public SimulatedSandbox(KernelState kernel, KernelState.PodNamespace pod)
        : base(new SandboxRef($"/run/netns/{pod.Inode}", 4, pod.Inode))
    {
        _kernel = kernel;
        Namespace = pod;
        pod.Holders++;
    }

    public KernelState.PodNamespace Namespace { get; }

    /// <summary>Everybody who held it is dead: the kernel closes the descriptors of a process that ends.</summary>
    public void Abandon() => Close();

    protected override void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _kernel.Release(Namespace);
    }
}
