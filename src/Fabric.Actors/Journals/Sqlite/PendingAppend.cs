namespace Fabric.Actors;

/// <summary>An append on its way through the writer.</summary>
internal sealed class PendingAppend(Append append)
{
    public Append Append { get; } = append;

    /// <summary>Set by the writer.</summary>
    public AppendOutcome? Outcome { get; set; }

    /// <summary>Why the append contradicts what the journal holds: the caller's mistake, not the disk's.</summary>
    public JournalException? Contradiction { get; private set; }

    public JournalException Contradicts(JournalException why) => Contradiction = why;

    /// <exception cref="JournalException">The append contradicts what the journal holds.</exception>
    public AppendOutcome Result() => Contradiction is { } why ? throw why : Outcome!;
}
