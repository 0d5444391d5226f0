using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Snapshots and pruning.</summary>
public sealed partial class KubernetesClusterStore
{
    private const int PartBytes = 512 << 10;

    public async ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken) => await Try(
        $"read snapshot of {stream}", token => ReadAnySnapshotAsync(stream, token), cancellationToken);

    public async ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        AppendChecks.Check(snapshot);
        await Try($"save snapshot of {snapshot.Stream}", token => SaveAsync(snapshot, token), cancellationToken);
    }

    public async ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken) => await Try(
        $"prune {stream}", token => DropAsync(stream, throughSequenceNr, token), cancellationToken);

    private async Task<Snapshot?> ReadAnySnapshotAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        SnapshotRef? missing = null;
        while (true)
        {
            if ((await ReadKnownAsync(stream, cancellationToken)).Head.Snapshot is not { } stored)
                return null;
            if (stored == missing)
                throw Damaged(stream, $"the snapshot at {stored.SequenceNr} that its journal refers to is not there in full");
            if (await ReadPartsAsync(stream, stored, cancellationToken) is not { } payload)
            {
                // Two newer ones have followed meanwhile, or it is really lost: the journal tells.
                missing = stored;
                continue;
            }
            var snapshot = new Snapshot(stream, stored.SequenceNr, stored.Manifest, Hlc.Parse(stored.Hlc), payload);
            return JournalRows.SnapshotChecksum(snapshot) == stored.Crc32C
                ? snapshot
                : throw Damaged(stream, $"the snapshot at {stored.SequenceNr} does not match its checksum");
        }
    }

    private async Task<byte[]?> ReadPartsAsync(PersistenceId stream, SnapshotRef stored, CancellationToken cancellationToken)
    {
        using var payload = new MemoryStream();
        try
        {
            for (var part = 0; part < stored.Parts; part++)
            {
                var name = _names.SnapshotPart(stream, stored, part);
                var spec = (await _api.GetAsync(JournalSnapshotObject.Resource, _names.Namespace, name, cancellationToken)).Spec;
                payload.Write(JournalRecords.Bytes(spec.Text, spec.Base64));
            }
            return payload.ToArray();
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
        {
            return null;
        }
        catch (FormatException e)
        {
            throw Damaged(stream, $"a part of the snapshot at {stored.SequenceNr} can't be read: {e.Message}");
        }
    }

    private async Task<bool> SaveAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var stream = snapshot.Stream;
        var known = await ReadKnownAsync(stream, cancellationToken);
        for (var moves = 0; moves < MaxHeadMoves; moves++)
        {
            var head = known.Head;
            if (snapshot.SequenceNr > head.Last)
                throw AppendChecks.SnapshotAhead(snapshot, head.Last);
            if (snapshot.SequenceNr < head.SnapshotNr)
                return false;
            // Anew for each version of the journal: what was written for another one may be swept away.
            var reference = await WritePartsAsync(snapshot, known.Version, cancellationToken);
            // The one before stays until this one has been followed by another: whoever stored it may not have read it
            // back yet.
            var previous = head.SnapshotNr == snapshot.SequenceNr ? head.Previous : head.Snapshot;
            (var done, known) = await MoveHeadAsync(
                stream, known, head with { Snapshot = reference, Previous = previous }, cancellationToken);
            if (done || known.Head.Snapshot == reference)
                return true;
        }
        throw new JournalException($"save snapshot of {stream}", $"its journal moved {MaxHeadMoves} times meanwhile", isTransient: true);
    }

    private async Task<SnapshotRef> WritePartsAsync(Snapshot snapshot, string after, CancellationToken cancellationToken)
    {
        var pieces = Pieces(snapshot.Payload);
        ImmutableArray<JournalSnapshotSpec> specs =
        [
            .. pieces.Select((piece, i) =>
            {
                var (text, base64) = JournalRecords.Text(piece.Span);
                return new JournalSnapshotSpec(JournalSpec.CurrentFormat, _names.Cluster, snapshot.Stream.Value, snapshot.SequenceNr, after, i,
                    pieces.Length, text, base64);
            }),
        ];
        var digest = JournalNames.Digest([.. specs.SelectMany(spec => JsonSerializer.SerializeToUtf8Bytes(
            new JournalSnapshotObject(new ObjectMeta(), spec), JournalSnapshotObject.Resource.Json))]);
        var reference = new SnapshotRef(snapshot.SequenceNr, snapshot.Manifest, snapshot.Hlc.ToString(),
            JournalRows.SnapshotChecksum(snapshot), specs.Length, digest);
        foreach (var spec in specs)
        {
            var metadata = _names.PartMeta(snapshot.Stream, _names.SnapshotPart(snapshot.Stream, reference, spec.Part));
            await CreateAsync(
                snapshot.Stream, JournalSnapshotObject.Resource, new JournalSnapshotObject(metadata, spec), cancellationToken);
        }
        return reference;
    }

    /// <summary>At most <see cref="PartBytes"/> each, at least one; no character of UTF-8 is in two of them.</summary>
    private static ImmutableArray<ReadOnlyMemory<byte>> Pieces(ReadOnlyMemory<byte> payload)
    {
        const int LongestCharacter = 4;
        var pieces = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        while (payload.Length > PartBytes)
        {
            var end = PartBytes;
            while (end > PartBytes - LongestCharacter && (payload.Span[end] & 0xC0) == 0x80)
                end--;
            pieces.Add(payload[..end]);
            payload = payload[end..];
        }
        pieces.Add(payload);
        return pieces.ToImmutable();
    }

    private async Task<bool> DropAsync(PersistenceId stream, long through, CancellationToken cancellationToken)
    {
        var known = await ReadKnownAsync(stream, cancellationToken);
        for (var moves = 0; moves < MaxHeadMoves; moves++)
        {
            if (known.Head.SnapshotNr < through)
                throw AppendChecks.PruneWithoutSnapshot(stream, through, known.Head.SnapshotNr);
            if (known.Head.Pruned >= through)
                return true;
            (var done, known) = await MoveHeadAsync(stream, known, JournalPlan.Pruned(known.Head, through), cancellationToken);
            if (done)
                return true;
        }
        throw new JournalException($"prune {stream}", $"its journal moved {MaxHeadMoves} times meanwhile", isTransient: true);
    }

    private static JournalException Damaged(PersistenceId stream, string what) =>
        new($"read snapshot of {stream}", what, isTransient: false);
}
