using Fabric.Contracts;
using Fabric.Messages;
using Fabric.Node;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Simulation;

/// <summary>A simulated machine whose agent never comes up: its Open vSwitch is the test's alone.</summary>
internal sealed class SimulatedSwitchBench : SwitchBench
{
    private readonly SimulationRun _run;
    private readonly SimulatedMachine _machine;
    private readonly KernelState.PodNamespace _pods = new(1_000_000);

    public SimulatedSwitchBench(SimulationRun run)
    {
        _run = run;
        _machine = SimulatedMachine.WithoutAgent(run);
        Process = run.Loop.Start("contract");
    }

    public SimulatedProcess Process { get; }

    public override ISwitch NewSwitch() => new SimulatedSwitch(_run, Process, _machine);

    public override void AddDevice(InterfaceName name) => _machine.Kernel.Create(name.Value, _pods, name.Value);

    public override void RemoveDevice(InterfaceName name) => _machine.Kernel.Delete(_machine.Kernel.Links[name.Value]);

    public override void AddForeignPort(InterfaceName name) => _machine.Switch.Add(name.Value, null, 0, isForeign: true);

    public override void AddGroup(uint id) => _machine.Switch.Groups[id] = new GroupDescription(
        id, GroupType.All, [new GroupBucket(0, 0, null, null, [FlowAction.Output(9)])]);

    public override bool HasPort(InterfaceName name) => _machine.Switch.Rows.ContainsKey(name.Value);

    public override void StopVswitchd() => _machine.Switch.Stop();

    public override void StartVswitchd() => _machine.Switch.Start();

    public override void BreakConnections() => _machine.Switch.DropSessions();

    public override async Task EventuallyAsync(Func<bool> condition, string what)
    {
        var began = _run.Loop.Now;
        while (!condition())
        {
            Assert.True(_run.Loop.Now - began < TimeSpan.FromMinutes(1), $"in vain: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Process.Time);
        }
    }
}
