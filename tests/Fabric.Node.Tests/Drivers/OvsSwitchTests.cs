using System.Collections.Concurrent;
using Fabric.Actors;
using Fabric.Contracts;
using Fabric.Lab;

namespace Fabric.Node.Tests;

/// <summary>A real Open vSwitch with its userspace datapath.</summary>
public sealed class OvsSwitchTests : SwitchContract
{
    protected override async Task RunOnLoopAsync(Func<SwitchBench, Task> test, string name)
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        using var ovs = ScratchOvs.Start();
        var escaped = new ConcurrentQueue<Exception>();
        await using (var loop = new EventLoop("contract", escaped.Enqueue))
        {
            await loop.RunAsync(async () =>
            {
                await using var bench = new OvsSwitchBench(ovs);
                await test(bench);
            });
        }
        Assert.Empty(escaped);
    }
}
