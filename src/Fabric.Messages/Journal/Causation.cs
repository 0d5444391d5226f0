namespace Fabric.Messages;

/// <summary>The event that led to another one: its stream and sequence number.</summary>
public sealed record Causation(PersistenceId Stream, long SequenceNr)
{
    public override string ToString() => $"{Stream}#{SequenceNr}";
}
