using System.Collections.Concurrent;
using Fabric.Contracts;

namespace Fabric.Actors.Tests;

/// <summary>The host that ships on the journal that ships: appends are answered from the journal's own thread.</summary>
public sealed class LocalHostOnSqliteTests : HostContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fab-t-host");

    protected override async Task RunOnLoopAsync(Func<HostBench, Task> test, string name)
    {
        var escaped = new ConcurrentQueue<Exception>();
        await using var loop = new EventLoop("contract", escaped.Enqueue);
        await using var journal = SqliteNodeJournal.Open(Path.Combine(_directory.FullName, "journal.db"));
        await loop.RunAsync(() => test(new HostBench(TimeProvider.System, journal, HostBench.MakeEntityHost)));
        Assert.Empty(escaped);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
