using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A cluster store in etcd 3.4 or later, spoken to over its JSON gateway.</summary>
/// <remarks>
/// <para>
/// An append is one transaction that compares the head's mod revision and puts the head and one key for the whole commit
/// (docs/architecture.md, Journals; the keys are in docs/journal-format.md). Reads are linearizable. Two
/// streaming requests carry a node's watches (<see cref="EtcdWatches"/>).
/// </para>
/// <para>
/// A member that does not answer within <see cref="AttemptDeadline"/> is given up for the next; a call ends within <see
/// cref="Deadline"/>. Nothing is connected at opening. All work is done on one loop, so that a large answer is not
/// decoded on the caller's.
/// </para>
/// </remarks>
public sealed partial class EtcdClusterStore : IClusterStore
{
    public static readonly TimeSpan AttemptDeadline = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(6);

    /// <summary>More often than a handful, a head moves under an append only if something keeps moving it.</summary>
    private const int MaxHeadMoves = 16;

    private readonly Lock _gate = new();
    private readonly EventLoop _loop;
    private readonly bool _isOwnLoop;
    private readonly EtcdKeys _keys;
    private readonly EtcdClient _client;
    private readonly EtcdWatches _watches;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _life = new();
    private readonly Dictionary<PersistenceId, KnownHead> _heads = [];
    private readonly ChangeSignal _callEnded = new();
    private Task _watching = Task.CompletedTask;
    private int _calls;
    private bool _isClosed;

    private EtcdClusterStore(EtcdOptions options, string cluster, TimeProvider time, EventLoop? loop)
    {
        _time = time;
        _isOwnLoop = loop is null;
        _loop = loop ?? new EventLoop("etcd", e => _watches!.FailAll(new JournalException("watch", e.Message, isTransient: true, e)));
        _keys = new EtcdKeys(options.Prefix, cluster);
        _client = new EtcdClient(options, time, AttemptDeadline, Deadline);
        _watches = new EtcdWatches(_client, time, _keys);
        _client.Failed = _watches.Suspect;
        _client.WentBack = _ =>
        {
            _heads.Clear();
            _watches.LoseAll();
        };
    }

    /// <param name="cluster">Whose streams and leases; clusters with different names do not see each other.</param>
    /// <param name="loop">Where the work is done; null: on a loop of the store's own.</param>
    /// <exception cref="JournalException">A file that the options name can't be read.</exception>
    public static EtcdClusterStore Open(EtcdOptions options, string cluster, TimeProvider time, EventLoop? loop = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        EtcdTransport.CheckFiles(options);
        var store = new EtcdClusterStore(options, cluster, time, loop);
        store._watching = store._loop.RunAsync(() => store._watches.RunAsync(store._life.Token));
        return store;
    }

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        AppendChecks.Check(append);
        var commit = EtcdRecords.Encode(append);
        cancellationToken.ThrowIfCancellationRequested();
        return await Run(token => TryAppendAsync(append, commit, token), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
        }
        await _loop.RunAsync(CloseAsync);
        _client.Dispose();
        _life.Dispose();
        if (_isOwnLoop)
            await _loop.DisposeAsync();
    }

    private async Task CloseAsync()
    {
        _watches.FailAll(Closed());
        _life.Cancel();
        await _watching;
        for (var seen = _callEnded.Count; _calls > 0; seen = _callEnded.Count)
            await _callEnded.WaitAsync(seen, CancellationToken.None);
    }

    private async Task<AppendOutcome> TryAppendAsync(Append append, byte[] commit, CancellationToken cancellationToken)
    {
        try
        {
            var stream = append.Stream;
            if (!_heads.TryGetValue(stream, out var known) || known.Head.Last != append.ExpectedSequenceNr)
                known = await ReadKnownAsync(stream, cancellationToken);
            for (var moves = 0; moves < MaxHeadMoves; moves++)
            {
                if (known.Head.Last != append.ExpectedSequenceNr)
                    return new AppendOutcome.Conflict(known.Head.For(stream));
                var moved = EtcdRecords.Moved(known.Head, stream, append.LastSequenceNr, append.CommitId);
                var put = new EtcdOperation(RequestPut: new EtcdPut(_keys.Commit(stream, append.LastSequenceNr), commit));
                var (done, now) = await MoveHeadAsync(stream, known, moved, put, cancellationToken);
                // A connection may send a request again that it saw no answer to: the first one is then in the way.
                if (done || now.Head.Last == moved.Last && now.Head.Commit == moved.Commit)
                    return new AppendOutcome.Appended(now.Head.For(stream), 0);
                // A snapshot or a pruning moves the head too, and takes no number.
                known = now;
            }
            return new AppendOutcome.Unknown($"the head of {stream} moved {MaxHeadMoves} times meanwhile");
        }
        catch (EtcdException e)
        {
            return new AppendOutcome.Unknown(e.Message);
        }
        catch (JournalException e)
        {
            return new AppendOutcome.Unknown(e.Message);
        }
    }

    /// <summary>Puts a head in the place of the one that is known, if that is still there.</summary>
    /// <returns>Whether it is done, and the head as it is now.</returns>
    private async Task<(bool Done, KnownHead Now)> MoveHeadAsync(
        PersistenceId stream, KnownHead known, EtcdHead moved, EtcdOperation? with, CancellationToken cancellationToken)
    {
        var key = _keys.Head(stream);
        var put = new EtcdOperation(RequestPut: new EtcdPut(key, EtcdRecords.Encode(moved)));
        _heads.Remove(stream);
        var answer = await _client.TxnAsync(new EtcdTxn(
            with is null ? [put] : [put, with],
            [new EtcdCompare(key, known.ModRevision)],
            [new EtcdOperation(RequestRange: new EtcdRange(key))]), cancellationToken);
        var now = answer.Succeeded
            ? new KnownHead(moved, answer.Header!.Revision)
            : Known(stream, answer.Responses?[0].ResponseRange);
        _heads[stream] = now;
        return (answer.Succeeded, now);
    }

    private async Task<KnownHead> ReadKnownAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        _heads[stream] = Known(stream, await _client.RangeAsync(new EtcdRange(_keys.Head(stream)), cancellationToken));

    private static KnownHead Known(PersistenceId stream, EtcdRangeAnswer? answer) => answer?.Kvs is [{ Value: { } value } row, ..]
        ? new KnownHead(EtcdRecords.DecodeHead(stream, value), row.ModRevision)
        : new KnownHead(EtcdHead.Empty, 0);

    /// <summary>Does work on the loop; cancelled also when the store is closed.</summary>
    private async Task<T> Run<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        Task<T> running;
        // Under the lock: a loop that has ended would never carry it out.
        lock (_gate)
        {
            if (_isClosed)
                throw Closed();
            running = _loop.RunAsync(() => CountedAsync(work, cancellationToken));
        }
        return await running;
    }

    private async Task<T> CountedAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        _calls++;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_life.Token, cancellationToken);
        try
        {
            return await work(both.Token);
        }
        catch (OperationCanceledException) when (_life.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Closed();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            _calls--;
            _callEnded.Raise();
        }
    }

    /// <summary>Does work that reads, or that may be repeated: what etcd did not do is an exception to the caller.</summary>
    private Task<T> Try<T>(string operation, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        Run(async token =>
        {
            try
            {
                return await work(token);
            }
            catch (EtcdException e)
            {
                // Also a refusal: an operator grants a role or enlarges a quota while the agent runs.
                throw new JournalException(operation, e.Message, isTransient: true, e);
            }
        }, cancellationToken);

    private void Post(Action work) => _loop.Post(_ => work(), null);

    private static JournalException Closed() => new("etcd", "the store has been closed", isTransient: false);

    /// <param name="ModRevision">0: there is no head yet.</param>
    private sealed record KnownHead(EtcdHead Head, long ModRevision);
}
