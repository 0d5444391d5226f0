using Fabric.Actors;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A cluster store in the Kubernetes API: custom resources for streams, Leases for leases.</summary>
/// <remarks>
/// <para>
/// An append is one PUT of the stream's journal at the resourceVersion that its writer knows. What does not fit into the
/// journal goes to segments, which are written before that PUT and deleted after the one that no longer refers to them
/// (docs/journal-format.md, Kubernetes). Reads come from the API server's storage, not from its cache. One watch of all
/// journals feeds everyone who watches a stream; each watch of leases is a request of its own.
/// </para>
/// <para>
/// A call ends within <see cref="Deadline"/>, a lease's write within <see cref="LeaseDeadline"/>. Nothing is connected at
/// opening. All work is done on one loop, so that a large answer is not decoded on the caller's.
/// </para>
/// </remarks>
public sealed partial class KubernetesClusterStore : IClusterStore
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Two renewals fit into the usual duration of a lease, 10 s, so that one may fail.</summary>
    public static readonly TimeSpan LeaseDeadline = TimeSpan.FromSeconds(4);

    /// <summary>More often than a handful, a journal moves under a write only if something keeps moving it.</summary>
    private const int MaxHeadMoves = 16;

    private readonly Lock _gate = new();
    private readonly IKubernetesApi _api;
    private readonly IAsyncDisposable? _owned;
    private readonly JournalSizes _sizes;
    private readonly SynchronizationContext _loop;
    private readonly bool _isOwnLoop;
    private readonly JournalNames _names;
    private readonly KubernetesLeases _leases;
    private readonly JournalFeed _feed;
    private readonly List<KubernetesLeaseWatch> _leaseWatches = [];
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _life = new();
    private readonly Dictionary<PersistenceId, KnownJournal> _heads = [];
    private readonly HashSet<PersistenceId> _swept = [];
    private readonly ChangeSignal _callEnded = new();
    private Task _watching = Task.CompletedTask;
    private bool _isServed;
    private int _calls;
    private bool _isClosed;

    private KubernetesClusterStore(
        IKubernetesApi api, string ns, string cluster, TimeProvider time, SynchronizationContext? loop, IAsyncDisposable? owned,
        JournalSizes sizes)
    {
        (_api, _time, _owned, _sizes) = (api, time, owned, sizes);
        _names = new JournalNames(ns, cluster);
        _leases = new KubernetesLeases(_names);
        _loop = loop ?? new EventLoop("kubernetes", e => _feed!.FailAll(new JournalException("watch", e.Message, isTransient: true, e)));
        _isOwnLoop = loop is null;
        _feed = new JournalFeed(api, _names.Journals, time, Post);
    }

    /// <param name="ns">Where its objects are.</param>
    /// <param name="cluster">Whose streams and leases; clusters with different names do not see each other.</param>
    /// <param name="loop">Where the work is done; null: on a loop of the store's own.</param>
    /// <param name="owned">Disposed with the store.</param>
    public static KubernetesClusterStore Open(IKubernetesApi api, string ns, string cluster, TimeProvider time,
        SynchronizationContext? loop = null, IAsyncDisposable? owned = null, JournalSizes? sizes = null)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentException.ThrowIfNullOrEmpty(ns);
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        var store = new KubernetesClusterStore(api, ns, cluster, time, loop, owned, sizes ?? JournalSizes.Default);
        store._watching = store.OnLoop(async () =>
        {
            await store._feed.RunAsync(store._life.Token);
            return true;
        });
        return store;
    }

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        AppendChecks.Check(append);
        var commit = JournalRecords.Stored(append);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await Run(token => TryAppendAsync(append, commit, token), cancellationToken, Deadline);
        }
        catch (JournalException e) when (e.IsTransient)
        {
            return new AppendOutcome.Unknown(e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
        }
        await OnLoop(CloseAsync);
        _life.Dispose();
        if (_owned is not null)
            await _owned.DisposeAsync();
        if (_isOwnLoop)
            await ((EventLoop)_loop).DisposeAsync();
    }

    private async Task<bool> CloseAsync()
    {
        _feed.FailAll(Closed());
        foreach (var watch in _leaseWatches)
            watch.Fail(Closed());
        _life.Cancel();
        await _watching;
        await Task.WhenAll(_leaseWatches.Select(w => w.Running));
        for (var seen = _callEnded.Count; _calls > 0; seen = _callEnded.Count)
            await _callEnded.WaitAsync(seen, CancellationToken.None);
        return true;
    }

    private async Task<AppendOutcome> TryAppendAsync(Append append, StoredCommit commit, CancellationToken cancellationToken)
    {
        var stream = append.Stream;
        try
        {
            if (!_heads.TryGetValue(stream, out var known) || known.Head.Last != append.ExpectedSequenceNr)
                known = await ReadKnownAsync(stream, cancellationToken);
            for (var moves = 0; moves < MaxHeadMoves; moves++)
            {
                if (known.Head.Last != append.ExpectedSequenceNr)
                    return new AppendOutcome.Conflict(JournalRecords.Head(stream, known.Head));
                var (isWritten, moved) = await SpillAsync(stream, known, commit, cancellationToken);
                if (!isWritten)
                {
                    known = await ReadOtherAsync(stream, known, cancellationToken);
                    continue;
                }
                moved = JournalRecords.Moved(moved, stream, append.LastSequenceNr, append.CommitId);
                var (done, now) = await MoveHeadAsync(stream, known, moved, cancellationToken);
                // A connection may send a request again that it saw no answer to: the first one is then in the way.
                if (done || now.Head.Last == moved.Last && now.Head.Commit == moved.Commit)
                    return new AppendOutcome.Appended(JournalRecords.Head(stream, now.Head), 0);
                // A snapshot or a pruning moves the head too, and takes no number.
                known = now;
            }
            return new AppendOutcome.Unknown($"the journal of {stream} moved {MaxHeadMoves} times meanwhile");
        }
        catch (KubernetesException e)
        {
            return new AppendOutcome.Unknown(Said(e));
        }
        catch (JournalException e)
        {
            return new AppendOutcome.Unknown(e.Message);
        }
    }

    /// <summary>Puts a head in the place of the one that is known, if that is still there.</summary>
    /// <returns>Whether it is done, and the head as it is now.</returns>
    private async Task<(bool Done, KnownJournal Now)> MoveHeadAsync(
        PersistenceId stream, KnownJournal known, JournalSpec moved, CancellationToken cancellationToken)
    {
        _heads.Remove(stream);
        KnownJournal now;
        try
        {
            var stored = known.IsThere
                ? await _api.ReplaceAsync(JournalObject.Resource, new JournalObject(known.Metadata, moved), null, cancellationToken)
                : await _api.CreateAsync(JournalObject.Resource, new JournalObject(known.Metadata, moved), cancellationToken);
            now = new KnownJournal(moved, stored.Metadata);
            _heads[stream] = now;
            _feed.Offer(stored);
        }
        catch (KubernetesException e) when (e.Fault is ApiFault.Conflict or ApiFault.AlreadyExists
            || e.Fault == ApiFault.NotFound && known.IsThere)
        {
            now = await ReadKnownAsync(stream, cancellationToken);
            _swept.Remove(stream);
            DropUnused(stream, known.Version, PartsOnlyIn(stream, moved, now.Head), now);
            return (false, now);
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            _swept.Remove(stream);
            throw;
        }
        DropUnused(stream, known.Version, PartsOnlyIn(stream, known.Head, moved), now);
        return (true, now);
    }

    private async Task<KnownJournal> ReadKnownAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        KnownJournal known;
        try
        {
            var journal = await _api.GetAsync(JournalObject.Resource, _names.Namespace, _names.Journal(stream), cancellationToken);
            known = new KnownJournal(JournalRecords.Checked(stream, _names.Cluster, journal), journal.Metadata);
            _isServed = true;
            _feed.Offer(journal);
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
        {
            await CheckKindAsync(cancellationToken);
            known = new KnownJournal(JournalRecords.Empty(_names.Cluster, stream), _names.JournalMeta(stream));
        }
        // Somebody else writes this stream too: what that one may have left is this one's to find, if it goes on writing.
        if (!_heads.TryGetValue(stream, out var before) || before.Version != known.Version)
            _swept.Remove(stream);
        return _heads[stream] = known;
    }

    /// <summary>The journal as it is now, which refers to nothing that was missing in <paramref name="known"/>.</summary>
    private async Task<KnownJournal> ReadOtherAsync(PersistenceId stream, KnownJournal known, CancellationToken cancellationToken)
    {
        var now = await ReadKnownAsync(stream, cancellationToken);
        return now.Version != known.Version
            ? now
            : throw new JournalException($"read {stream}", $"a segment that the journal {known.Metadata.Name} refers to is not there",
                isTransient: false);
    }

    // No such object, or no such kind: a list of no objects is an answer, and one of no kind is not.
    private async Task CheckKindAsync(CancellationToken cancellationToken)
    {
        if (_isServed)
            return;
        await _api.ListAsync(JournalObject.Resource, _names.Journals, 1, null, null, cancellationToken);
        _isServed = true;
    }

    /// <param name="Metadata">As it was read, so that a PUT keeps what others have put there.</param>
    private sealed record KnownJournal(JournalSpec Head, ObjectMeta Metadata)
    {
        public bool IsThere => Metadata.ResourceVersion is not null;

        /// <summary>"0" if there is none: the API server never gives that.</summary>
        public string Version => Metadata.ResourceVersion ?? "0";
    }
}
