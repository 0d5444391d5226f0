using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>What becomes of the keys that begin with a prefix, kept until its owner takes it.</summary>
/// <param name="isLatestOnly">Whether of each key only the newest change counts.</param>
/// <remarks>Belongs to the store's loop.</remarks>
internal sealed class EtcdWatch(byte[] prefix, bool isLatestOnly)
{
    private const long MaxWaitingBytes = 16L << 20;

    private readonly ChangeSignal _changed = new();
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private List<EtcdEvent> _events = [];
    private long _bytes;
    private JournalException? _failure;

    /// <summary>Nothing comes any more.</summary>
    public bool HasEnded { get; private set; }

    public bool Wants(EtcdKeyValue row) => row.Key.AsSpan().StartsWith(prefix);

    public void Take(EtcdEvent e)
    {
        Keep(e);
        if (_bytes > MaxWaitingBytes)
            Lose();
        _changed.Raise();
    }

    /// <summary>What should come next is no longer to be had: compacted away, or more than is kept for a slow owner.</summary>
    public void Lose()
    {
        _events = [];
        HasEnded = true;
        _changed.Raise();
    }

    public void Fail(JournalException failure)
    {
        _failure = failure;
        Lose();
    }

    /// <returns>
    /// What has changed since the last call, once something has; null if some of it is lost: read again, watch anew. An
    /// empty answer says that <paramref name="atMost"/> has passed.
    /// </returns>
    /// <exception cref="JournalException">The store can't be watched.</exception>
    public async Task<ImmutableArray<EtcdEvent>?> NextAsync(TimeProvider time, TimeSpan atMost, CancellationToken cancellationToken)
    {
        // Not by the clock: a timer may fire a moment before the time that it was given has passed.
        var isOver = new StrongBox<bool>();
        await using var timer = time.CreateTimer(_ => End(isOver), null, atMost, Timeout.InfiniteTimeSpan);
        while (true)
        {
            var seen = _changed.Count;
            if (_failure is { } failure)
                throw failure;
            if (_events.Count > 0)
                return Taken();
            if (HasEnded)
                return null;
            if (Volatile.Read(ref isOver.Value))
                return [];
            await _changed.WaitAsync(seen, cancellationToken);
        }
    }

    private void End(StrongBox<bool> isOver)
    {
        Volatile.Write(ref isOver.Value, true);
        _changed.Raise();
    }

    private ImmutableArray<EtcdEvent> Taken()
    {
        ImmutableArray<EtcdEvent> taken = [.. _events];
        _events = [];
        _places.Clear();
        _bytes = 0;
        return taken;
    }

    private void Keep(EtcdEvent e)
    {
        if (!isLatestOnly)
        {
            _bytes += e.Kv!.Value?.Length ?? 0;
            _events.Add(e);
            return;
        }
        var name = Convert.ToHexString(e.Kv!.Key!);
        if (_places.TryGetValue(name, out var place))
        {
            _events[place] = e;
            return;
        }
        _places[name] = _events.Count;
        _events.Add(e);
    }
}
