using System.Globalization;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>One stored event with all that is known of it (docs/journal-format.md).</summary>
/// <remarks>Fixed from the first release on: fields are added with a new format version, never changed.</remarks>
public sealed record EventEnvelope
{
    private const int CommitChars = 128;

    public required PersistenceId Stream { get; init; }

    /// <summary>The place in the stream, counted from 1 without gaps; survives pruning.</summary>
    public required long SequenceNr { get; init; }

    public required CommitId CommitId { get; init; }

    public required Hlc Hlc { get; init; }

    /// <summary>The writer's wall clock, as it read it.</summary>
    public required DateTimeOffset WallTime { get; init; }

    public required string Manifest { get; init; }

    public required CorrelationId Correlation { get; init; }

    public Causation? Causation { get; init; }

    public ObjectRef? ObjectRef { get; init; }

    /// <summary>CRC-32C over the fields that carry meaning; <see cref="Checksum"/> says which.</summary>
    public required uint Crc32C { get; init; }

    /// <summary>The event as UTF-8 JSON.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The place in a node journal's total order, counted from 1; 0 where a journal orders per stream only.</summary>
    public long Ordering { get; init; }

    /// <summary>The decoded event, kept by whoever had it in hand; not stored.</summary>
    public IEvent? Event { get; init; }

    public bool IsIntact => Crc32C == Checksum();

    /// <summary>
    /// CRC-32C of stream, sequence number, commit id, HLC, wall time, manifest, correlation, causation, object reference and
    /// payload. Ordering is left out: the journal assigns it after the writer has sealed the envelope.
    /// </summary>
    public uint Checksum()
    {
        Span<char> commit = stackalloc char[CommitChars];
        var crc = Checksums.Text(Crc32c.Start, Stream.Value);
        crc = Checksums.Number(crc, SequenceNr);
        crc = Checksums.Text(crc, commit.TryWrite(CultureInfo.InvariantCulture,
            $"{CommitId.Writer}:{CommitId.Incarnation}:{CommitId.Counter}", out var n)
                ? commit[..n]
                : CommitId.ToString());
        crc = Checksums.Number(crc, (long)Hlc.Bits);
        crc = Checksums.Number(crc, WallTime.ToUnixTimeMilliseconds());
        crc = Checksums.Text(crc, Manifest);
        crc = Checksums.Text(crc, Correlation.Value);
        crc = Checksums.Text(crc, Causation?.ToString() ?? "");
        crc = Checksums.Text(crc, ObjectRef is { } o ? $"{o.Kind}\0{o.Namespace}\0{o.Name}\0{o.Uid}\0{o.ResourceVersion}" : "");
        return Crc32c.Finish(Crc32c.Append(crc, Payload.Span));
    }

    /// <summary>The same envelope with its checksum filled in.</summary>
    public EventEnvelope Sealed() => this with { Crc32C = Checksum() };
}
