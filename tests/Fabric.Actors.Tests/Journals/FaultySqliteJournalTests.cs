using Fabric.Contracts;

namespace Fabric.Actors.Tests;

public sealed class FaultySqliteJournalTests : NodeJournalContract
{
    private readonly JournalDirectory _directory = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(
        new FaultyJournal(SqliteNodeJournal.Open(_directory.File), seed: 11, JournalFaults.Often));
}
