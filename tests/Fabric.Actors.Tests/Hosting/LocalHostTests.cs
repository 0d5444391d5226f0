using System.Collections.Concurrent;
using Fabric.Contracts;

namespace Fabric.Actors.Tests;

/// <summary>The host that ships: entities on an event loop, on real time.</summary>
public sealed class LocalHostTests : HostContract
{
    protected override async Task RunOnLoopAsync(Func<HostBench, Task> test, string name)
    {
        var escaped = new ConcurrentQueue<Exception>();
        await using var loop = new EventLoop("contract", escaped.Enqueue);
        await using var journal = new MemoryJournal();
        await loop.RunAsync(() => test(new HostBench(TimeProvider.System, journal, HostBench.MakeEntityHost)));
        Assert.Empty(escaped);
    }
}
