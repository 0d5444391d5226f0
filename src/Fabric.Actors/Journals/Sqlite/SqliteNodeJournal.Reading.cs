using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Messages;

namespace Fabric.Actors;

public sealed partial class SqliteNodeJournal
{
    public ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        ReadNow(r => r.Rows.Head(stream), cancellationToken);

    public ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        ReadNow(r => r.Rows.Snapshot(stream, long.MaxValue), cancellationToken);

    public ValueTask<Snapshot?> ReadSnapshotAtAsync(
        PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken) =>
        ReadNow(r => r.Rows.Snapshot(stream, throughSequenceNr), cancellationToken);

    public ValueTask<JournalHorizon> ReadHorizonAsync(CancellationToken cancellationToken) =>
        ReadNow(r => r.Horizon(), cancellationToken);

    public ValueTask<ImmutableDictionary<long, string>> ReadTextsAsync(
        IReadOnlyCollection<long> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return ReadNow(r =>
        {
            var found = ImmutableDictionary.CreateBuilder<long, string>();
            r.ReadTexts(ids, found);
            return found.ToImmutable();
        }, cancellationToken);
    }

    /// <summary>Reads every page and index and says what is wrong first, or "ok" (PRAGMA quick_check). Seconds for a large file.</summary>
    public ValueTask<string> CheckAsync(CancellationToken cancellationToken) => ReadNow(r => r.Check(), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Beside checksums it is checked that no event is missing between two others, nor the newest one.</remarks>
    public async IAsyncEnumerable<EventEnvelope> ReadAsync(
        PersistenceId stream, long fromSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        using var rented = Rent();
        var reader = rented.Reader;
        var head = reader.Rows.Head(stream);
        if (head.LastSequenceNr == 0 || reader.Rows.Streams.Find(stream.Value) is not { } pid)
            yield break;
        var events = reader.ByStream.Bind(1, pid).Bind(2, fromSequenceNr);
        var previous = Math.Max(fromSequenceNr - 1, 0);
        var prunable = head.SnapshotSequenceNr;
        while (events.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var e = reader.Rows.Event(events);
            if (e.Stream != stream || e.SequenceNr != previous + 1 && !(prunable >= e.SequenceNr - 1))
                throw Missing(reader, stream, previous + 1, e.SequenceNr - 1);
            previous = e.SequenceNr;
            prunable = 0;
            yield return e;
        }
        if (previous < head.LastSequenceNr && prunable < head.LastSequenceNr)
            throw Missing(reader, stream, previous + 1, head.LastSequenceNr);
    }

    /// <inheritdoc/>
    /// <remarks>Beside checksums it is checked that no event is missing after the last one that was ever dropped.</remarks>
    public async IAsyncEnumerable<EventEnvelope> ReadAllAsync(
        long fromOrdering, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        using var rented = Rent();
        var reader = rented.Reader;
        var complete = Math.Max(reader.DroppedThrough, fromOrdering - 1);
        var events = reader.ByOrdering.Bind(1, fromOrdering);
        var previous = Math.Max(fromOrdering - 1, 0);
        while (events.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var e = reader.Rows.Event(events);
            if (e.Ordering > complete + 1 && e.Ordering != previous + 1)
                throw reader.Rows.Damaged($"orderings {Math.Max(previous, complete) + 1} to {e.Ordering - 1} are missing");
            previous = e.Ordering;
            yield return e;
        }
    }

    private static JournalException Missing(JournalReader reader, PersistenceId stream, long first, long last) =>
        reader.Rows.Damaged($"{stream}: events {first} to {last} are missing");

    private ValueTask<T> ReadNow<T>(Func<JournalReader, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(read));
    }

    private T Read<T>(Func<JournalReader, T> read)
    {
        using var rented = Rent();
        return read(rented.Reader);
    }

    private RentedReader Rent()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (!_readers.TryTake(out var reader))
            reader = new JournalReader(JournalFile.OpenReader(_path));
        try
        {
            reader.Begin();
        }
        catch
        {
            reader.Dispose();
            throw;
        }
        return new RentedReader(this, reader);
    }

    // A reader that has failed is not used again: its connection may be what failed.
    private void Return(JournalReader reader)
    {
        try
        {
            reader.ByStream.Reset();
            reader.ByOrdering.Reset();
            reader.End();
            if (_readers.Count < MostIdleReaders && Volatile.Read(ref _disposed) == 0)
                _readers.Add(reader);
            else
                reader.Dispose();
        }
        catch (JournalException)
        {
            reader.Dispose();
        }
    }

    private readonly struct RentedReader(SqliteNodeJournal owner, JournalReader reader) : IDisposable
    {
        public JournalReader Reader { get; } = reader;

        public void Dispose() => owner.Return(Reader);
    }
}
