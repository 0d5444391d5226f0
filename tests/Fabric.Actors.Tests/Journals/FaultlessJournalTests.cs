using Fabric.Contracts;

namespace Fabric.Actors.Tests;

/// <summary>With all rates at zero the faulty journal is the journal inside.</summary>
public sealed class FaultlessJournalTests : NodeJournalContract
{
    private readonly FaultyJournal _journal = new(new MemoryJournal(), seed: 1, JournalFaults.None);

    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(_journal);
}
