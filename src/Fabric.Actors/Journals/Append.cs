using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>One commit: all of its events go in, or none.</summary>
/// <param name="ExpectedSequenceNr">The stream's last sequence number as the writer knows it; the compare of compare-and-set.</param>
/// <param name="Events">At least one, numbered from <paramref name="ExpectedSequenceNr"/> + 1, all with the same commit id.</param>
/// <param name="Texts">
/// All texts that the events refer to by id, those of removed things too, whether stored before or not: each is stored once, and
/// an append that carries it keeps it as long as its events are kept (docs/journal-format.md, interned text).
/// </param>
public sealed record Append(
    PersistenceId Stream,
    long ExpectedSequenceNr,
    ImmutableArray<EventEnvelope> Events,
    Durability Durability,
    ImmutableArray<InternedText> Texts)
{
    public CommitId CommitId => Events[0].CommitId;

    public long LastSequenceNr => ExpectedSequenceNr + Events.Length;
}
