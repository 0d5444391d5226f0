using System.Collections.Concurrent;
using Fabric.Contracts;
using Fabric.Lab;

namespace Fabric.Node.Tests;

/// <summary>The real kernel, in namespaces of its own.</summary>
public sealed class LinuxKernelTests : KernelContract
{
    protected override async Task RunOnKernelAsync(Func<KernelBench, Task> test, string name)
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        var behindReplies = new ConcurrentQueue<string>();
        using (var bench = new LinuxKernelBench(behindReplies.Enqueue))
            await test(bench);
        Assert.Empty(behindReplies);
    }
}
