using Fabric.Contracts;

namespace Fabric.Actors.Tests;

public sealed class MemoryJournalTests : NodeJournalContract
{
    private readonly MemoryJournal _journal = new();

    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(_journal);
}
