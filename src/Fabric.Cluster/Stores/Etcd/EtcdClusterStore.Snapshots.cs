using System.Security.Cryptography;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Snapshots and pruning: stored before the head speaks of them, deleted after it no longer does.</summary>
public sealed partial class EtcdClusterStore
{
    private const int PartBytes = 1 << 20;
    private const int PartsPerRead = 4;
    private const int DigestBytes = 8;

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
        EtcdSnapshotRef? missing = null;
        while (true)
        {
            if ((await ReadKnownAsync(stream, cancellationToken)).Head.Snapshot is not { } stored)
                return null;
            if (stored == missing)
                throw Damaged(stream, $"the snapshot at {stored.SequenceNr} that its head speaks of is not there in full");
            if (await ReadPartsAsync(stream, stored, cancellationToken) is not { } payload)
            {
                // Two newer ones have followed meanwhile, or it is really lost: the head tells.
                missing = stored;
                continue;
            }
            var snapshot = new Snapshot(stream, stored.SequenceNr, stored.Manifest, new Hlc(stored.Hlc), payload);
            return JournalRows.SnapshotChecksum(snapshot) == stored.Crc32C
                ? snapshot
                : throw Damaged(stream, $"the snapshot at {stored.SequenceNr} does not match its checksum");
        }
    }

    private async Task<byte[]?> ReadPartsAsync(PersistenceId stream, EtcdSnapshotRef stored, CancellationToken cancellationToken)
    {
        using var payload = new MemoryStream();
        for (var part = 0; part < stored.Parts; part += PartsPerRead)
        {
            var count = Math.Min(PartsPerRead, stored.Parts - part);
            var answer = await _client.RangeAsync(new EtcdRange(
                _keys.SnapshotPart(stream, stored.SequenceNr, stored.Digest, part),
                _keys.SnapshotPart(stream, stored.SequenceNr, stored.Digest, part + count)), cancellationToken);
            if (answer.Kvs?.Length != count)
                return null;
            foreach (var row in answer.Kvs)
                payload.Write(row.Value);
        }
        return payload.ToArray();
    }

    private async Task<bool> SaveAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var stream = snapshot.Stream;
        var known = await ReadKnownAsync(stream, cancellationToken);
        var reference = Reference(snapshot);
        var isWritten = false;
        for (var moves = 0; moves < MaxHeadMoves; moves++)
        {
            if (snapshot.SequenceNr > known.Head.Last)
                throw AppendChecks.SnapshotAhead(snapshot, known.Head.Last);
            if (snapshot.SequenceNr < known.Head.SnapshotNr)
                return false;
            if (!isWritten)
                await WritePartsAsync(snapshot, reference, cancellationToken);
            isWritten = true;
            // The one before stays until this one has been followed by another: whoever stored it may not have read it
            // back yet.
            var previous = known.Head.SnapshotNr == snapshot.SequenceNr ? known.Head.Previous : known.Head.SnapshotNr;
            var moved = known.Head with { Snapshot = reference, Previous = previous };
            (var done, known) = await MoveHeadAsync(stream, known, moved, null, cancellationToken);
            if (!done && known.Head.Snapshot != reference)
                continue;
            // Numbers only grow, so a deletion that comes late takes nothing that a later head speaks of.
            await DeleteAsync(_keys.SnapshotsBegin(stream), _keys.SnapshotsAt(stream, previous), cancellationToken);
            return true;
        }
        throw new JournalException($"save snapshot of {stream}", $"its head moved {MaxHeadMoves} times meanwhile", isTransient: true);
    }

    private async Task WritePartsAsync(Snapshot snapshot, EtcdSnapshotRef reference, CancellationToken cancellationToken)
    {
        for (var part = 0; part < reference.Parts; part++)
        {
            var bytes = snapshot.Payload.Slice(part * PartBytes, Math.Min(PartBytes, snapshot.Payload.Length - part * PartBytes));
            var key = _keys.SnapshotPart(snapshot.Stream, snapshot.SequenceNr, reference.Digest, part);
            await _client.TxnAsync(
                new EtcdTxn([new EtcdOperation(RequestPut: new EtcdPut(key, bytes.ToArray()))]), cancellationToken);
        }
    }

    private async Task<bool> DropAsync(PersistenceId stream, long through, CancellationToken cancellationToken)
    {
        var known = await ReadKnownAsync(stream, cancellationToken);
        for (var moves = 0; moves < MaxHeadMoves; moves++)
        {
            if (known.Head.SnapshotNr < through)
                throw AppendChecks.PruneWithoutSnapshot(stream, through, known.Head.SnapshotNr);
            var done = known.Head.Pruned >= through;
            if (!done)
                (done, known) = await MoveHeadAsync(stream, known, known.Head with { Pruned = through }, null, cancellationToken);
            if (!done && known.Head.Pruned < through)
                continue;
            // The commit that the last pruned event is in may hold later ones, and then stays.
            await DeleteAsync(_keys.CommitsBegin(stream), _keys.Commit(stream, through + 1), cancellationToken);
            return true;
        }
        throw new JournalException($"prune {stream}", $"its head moved {MaxHeadMoves} times meanwhile", isTransient: true);
    }

    private Task<EtcdTxnAnswer> DeleteAsync(byte[] from, byte[] end, CancellationToken cancellationToken) => _client.TxnAsync(
        new EtcdTxn([new EtcdOperation(RequestDeleteRange: new EtcdDelete(from, end))]), cancellationToken);

    private static EtcdSnapshotRef Reference(Snapshot snapshot)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(snapshot.Payload.Span).AsSpan(0, DigestBytes));
        var parts = Math.Max(1, (snapshot.Payload.Length + PartBytes - 1) / PartBytes);
        return new EtcdSnapshotRef(snapshot.SequenceNr, snapshot.Manifest, snapshot.Hlc.Bits, JournalRows.SnapshotChecksum(snapshot), digest, parts);
    }

    private static JournalException Damaged(PersistenceId stream, string what) =>
        new($"read snapshot of {stream}", what, isTransient: false);
}
