using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>An entity's state after the event <paramref name="SequenceNr"/>.</summary>
/// <param name="SequenceNr">
/// From 1 on. In a stream without events, a fold over a whole node journal, it is the ordering and not checked against a head.
/// </param>
/// <param name="Manifest">The state's format, for example <c>pool-state/1</c>.</param>
/// <param name="Hlc">The HLC of the last event that is folded in.</param>
public sealed record Snapshot(PersistenceId Stream, long SequenceNr, string Manifest, Hlc Hlc, ReadOnlyMemory<byte> Payload);
