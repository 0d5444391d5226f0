using Fabric.Contracts;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>A simulated machine whose agent never comes up: its kernel is the test's alone.</summary>
internal sealed class SimulatedKernelBench : KernelBench
{
    private readonly SimulationRun _run;
    private readonly SimulatedMachine _machine;
    private readonly KernelState.PodNamespace _elsewhere = new(1_000_000);

    public SimulatedKernelBench(SimulationRun run)
    {
        _run = run;
        _machine = SimulatedMachine.WithoutAgent(run);
        Process = run.Loop.Start("contract");
        Kernel = new SimulatedKernel(run, Process, _machine);
    }

    public SimulatedProcess Process { get; }

    public override IKernel Kernel { get; }

    public override Sandbox NewSandbox() => new SimulatedSandbox(_machine.Kernel, _machine.NewNamespace());

    public override void RemovePath(Sandbox sandbox) => _machine.Kernel.Destroy(NamespaceOf(sandbox));

    public override void AddForeignLink(string name) => _machine.Kernel.Create(name, _elsewhere, name, isForeign: true);

    public override void AddForeignInterface(Sandbox sandbox, string name) => NamespaceOf(sandbox).Interfaces.Add(name, null);

    public override void AddUnnamedPair(PodLinkRequest request, Sandbox sandbox) =>
        _machine.Kernel.Create(request.HostInterface.Value, NamespaceOf(sandbox), request.Attachment.IfName.Value);

    public override void DeleteLink(string name) => _machine.Kernel.Delete(_machine.Kernel.Links[name]);

    public override bool HasLink(string name) => _machine.Kernel.Links.ContainsKey(name);

    public override bool HasInterface(Sandbox sandbox, string name) => NamespaceOf(sandbox).Interfaces.ContainsKey(name);

    public override async Task EventuallyAsync(Func<bool> condition, string what)
    {
        var began = _run.Loop.Now;
        while (!condition())
        {
            Assert.True(_run.Loop.Now - began < TimeSpan.FromMinutes(1), $"in vain: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Process.Time);
        }
    }

    public override void Dispose()
    {
    }

    private static KernelState.PodNamespace NamespaceOf(Sandbox sandbox) => ((SimulatedSandbox)sandbox).Namespace;
}
