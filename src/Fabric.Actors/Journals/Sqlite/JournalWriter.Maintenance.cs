using System.Globalization;
using Fabric.Messages;

namespace Fabric.Actors;

internal sealed partial class JournalWriter
{
    /// <exception cref="JournalException">Nothing was stored, or the snapshot is ahead of its stream.</exception>
    public void SaveSnapshot(Snapshot snapshot) => InTransaction(() =>
    {
        var last = _rows.Head(snapshot.Stream).LastSequenceNr;
        if (last > 0 && snapshot.SequenceNr > last)
            throw AppendRules.SnapshotAhead(snapshot, last);
        var pid = _rows.Streams.Intern(snapshot.Stream.Value);
        _snapshotNrs.Remove(pid);
        if (snapshot.SequenceNr < _rows.SnapshotNr(pid))
            return;
        if (last > 0)
            DropSnapshotsBeforeTheNewest(snapshot.Stream, pid);
        else
            MarkAsFold(snapshot.Stream.Value, pid);
        using var delete = _connection.PrepareOnce("DELETE FROM snapshot WHERE pid = ?1 AND sequence_nr = ?2");
        delete.Bind(1, pid).Bind(2, snapshot.SequenceNr).Run();
        using var insert = _connection.PrepareOnce(
            "INSERT INTO snapshot(pid, sequence_nr, manifest, hlc, crc32c, payload) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        insert.Bind(1, pid).Bind(2, snapshot.SequenceNr).Bind(3, _rows.Manifests.Intern(snapshot.Manifest))
            .Bind(4, (long)snapshot.Hlc.Bits).Bind(5, JournalRows.SnapshotChecksum(snapshot)).BindPinned(6, snapshot.Payload)
            .Run();
    });

    /// <summary>Deletes a stream's oldest events; at most <paramref name="most"/> of them.</summary>
    /// <returns>Whether there are more.</returns>
    /// <exception cref="JournalException">The snapshot does not cover them, or can't be read back.</exception>
    public bool Prune(PersistenceId stream, long through, int most)
    {
        var more = false;
        InTransaction(() =>
        {
            var snapshot = _rows.Snapshot(stream, long.MaxValue)?.SequenceNr ?? 0;
            if (snapshot < through)
                throw AppendRules.PruneWithoutSnapshot(stream, through, snapshot);
            using var select = _connection.PrepareOnce(
                "SELECT ordering FROM event WHERE pid = ?1 AND sequence_nr <= ?2 ORDER BY sequence_nr LIMIT ?3");
            select.Bind(1, _rows.Streams.Find(stream.Value) ?? 0).Bind(2, through).Bind(3, most);
            var orderings = new List<long>();
            while (select.Step())
                orderings.Add(select.Int64(0));
            select.Reset();
            Delete(orderings);
            more = orderings.Count == most;
        });
        return more;
    }

    public void DropEvents(IReadOnlyCollection<long> orderings) => InTransaction(() => Delete(orderings));

    /// <summary>Drops the snapshots of folds that stand before a dropped event, but for each fold's newest one.</summary>
    public void DropFoldSnapshots() => InTransaction(() => _connection.Execute("""
        DELETE FROM snapshot WHERE pid IN (SELECT pid FROM head WHERE last_sequence_nr = 0)
          AND sequence_nr < (SELECT value FROM meta WHERE key = 'dropped_through')
          AND sequence_nr < (SELECT max(s.sequence_nr) FROM snapshot s WHERE s.pid = snapshot.pid)
        """));

    /// <summary>Drops texts unless an append has carried them again since they were chosen.</summary>
    public int DropTexts(IReadOnlyCollection<long> ids, long before)
    {
        var dropped = 0;
        InTransaction(() =>
        {
            using var delete = _connection.PrepareOnce("DELETE FROM text WHERE id = ?1 AND last_ordering < ?2");
            foreach (var id in ids)
            {
                delete.Bind(1, id).Bind(2, before).Run();
                dropped += _connection.Changes;
            }
        });
        return dropped;
    }

    /// <summary>Gives free pages back to the file system.</summary>
    /// <returns>Whether there are more.</returns>
    public bool Vacuum(int mostPages)
    {
        var before = _connection.Query("PRAGMA freelist_count");
        if (before == 0)
            return false;
        _connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({mostPages})"));
        var after = _connection.Query("PRAGMA freelist_count");
        return after > 0 && after < before;
    }

    private void Delete(IReadOnlyCollection<long> orderings)
    {
        if (orderings.Count == 0)
            return;
        using var delete = _connection.PrepareOnce("DELETE FROM event WHERE ordering = ?1");
        foreach (var ordering in orderings)
            delete.Bind(1, ordering).Run();
        // The newest event may be among them, and its number must not be given a second time.
        Remember("last_ordering", LastOrdering);
        Remember("dropped_through", orderings.Max());
    }

    // A head without events: whoever has a snapshot has a head, so one that is missing shows that the file is damaged.
    private void MarkAsFold(string stream, long pid)
    {
        var nobody = new CommitId("", 0, 0);
        _newHead.Bind(1, 0).Bind(2, _rows.Writers.Intern("")).Bind(3, 0).Bind(4, 0)
            .Bind(5, JournalRows.HeadChecksum(stream, 0, nobody)).Bind(6, pid).Run();
    }

    private void Remember(string key, long value)
    {
        using var remember = _connection.PrepareOnce(
            "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)");
        remember.Bind(1, key).Bind(2, value).Run();
    }

    // An older snapshot is the way back if the newest can't be read, so it goes only after the newest has been read.
    private void DropSnapshotsBeforeTheNewest(PersistenceId stream, long pid)
    {
        if (_rows.Snapshot(stream, long.MaxValue) is not { } newest)
            return;
        using var delete = _connection.PrepareOnce("DELETE FROM snapshot WHERE pid = ?1 AND sequence_nr < ?2");
        delete.Bind(1, pid).Bind(2, newest.SequenceNr).Run();
    }

    private void InTransaction(Action work)
    {
        SettleDoubt();
        Synchronous(false);
        _begin.Run();
        try
        {
            work();
            _commit.Run();
        }
        catch
        {
            RollBack();
            throw;
        }
    }
}
