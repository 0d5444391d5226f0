using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// A live copy of some tables. It survives reconnects: what was missed is fetched, or everything is, and subscribers
/// see only real differences.
/// </summary>
/// <remarks>
/// All members may be used from any thread. Only the owner loop of the client changes a monitor; readers take the
/// current immutable snapshot. What a transaction of this client changed is in the snapshot when the transaction
/// completes: ovsdb-server sends the update before the reply, and the loop handles them in that order.
/// </remarks>
public sealed class OvsdbMonitor : IAsyncDisposable
{
    private readonly OvsdbClient _client;
    private readonly Lock _gate = new();
    private readonly List<OvsdbSubscription> _subscriptions = [];
    private volatile Version _version = new(OvsdbSnapshot.Empty);
    private volatile bool _current;
    private Exception? _failure;

    // Owned by the client's loop.
    private MonitoredColumns? _columns;
    private bool _synchronisedOnce;

    internal OvsdbMonitor(OvsdbClient client, string id, ImmutableArray<OvsdbMonitorTable> tables)
    {
        _client = client;
        Id = id;
        Tables = tables;
    }

    /// <summary>What is watched.</summary>
    public ImmutableArray<OvsdbMonitorTable> Tables { get; }

    /// <summary>The rows after the last commit heard of.</summary>
    public OvsdbSnapshot Snapshot => _version.Snapshot;

    /// <summary>False from the loss of the connection until the rows are current again.</summary>
    public bool IsCurrent => _current;

    /// <summary>
    /// The last commit heard of (update3 of ovsdb-server(7)); the zero uuid when the server does not number its
    /// commits, which a standalone database does not.
    /// </summary>
    public Guid LastTransactionId => _version.TransactionId;

    internal string Id { get; }

    internal TaskCompletionSource<Reply<OvsdbMonitor>> Started { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Events from now on, beginning with <see cref="OvsdbMonitorEvent.Initial"/>. At most
    /// <paramref name="capacity"/> wait to be read (at least 2); a slower reader gets
    /// <see cref="OvsdbMonitorEvent.Lagged"/>.
    /// </summary>
    public OvsdbSubscription Subscribe(int capacity = 1024)
    {
        lock (_gate)
        {
            var subscription = new OvsdbSubscription(this, capacity);
            subscription.Publish(new OvsdbMonitorEvent.Initial(Snapshot));
            if (_failure is null)
                _subscriptions.Add(subscription);
            else
                subscription.Complete(_failure);
            return subscription;
        }
    }

    /// <summary>
    /// Waits until <paramref name="select"/> gives something else than null for the rows, and gives that back. It is
    /// called for the rows of now and then for newer ones, on any thread but never twice at once, so it must only look
    /// at what it is given; what it throws ends the wait. A lost connection does not end the wait,
    /// <paramref name="cancellation"/> does; disposal throws <see cref="OvsdbException"/>.
    /// </summary>
    public async Task<T> WaitAsync<T>(Func<OvsdbSnapshot, T?> select, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            var version = _version;
            if (select(version.Snapshot) is { } found)
                return found;
            if (_failure is { } failure)
                throw new OvsdbException(
                    (failure as OvsdbException)?.Code ?? OvsdbErrorCode.Disposed,
                    "monitor",
                    failure.Message,
                    inner: failure);
            await version.Superseded.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the monitor; subscriptions complete.</summary>
    public async ValueTask DisposeAsync()
    {
        await _client.StopMonitorAsync(this).ConfigureAwait(false);
        Fail(new ObjectDisposedException(nameof(OvsdbMonitor)));
    }

    internal void Remove(OvsdbSubscription subscription)
    {
        lock (_gate)
            _subscriptions.Remove(subscription);
    }

    internal void Begin(OvsdbSchema schema) => _columns = new MonitoredColumns(schema, Tables);

    internal void WriteParameters(Utf8JsonWriter writer, MonitorMethod method, string database)
    {
        writer.WriteStringValue(database);
        writer.WriteStringValue(Id);
        _columns!.WriteRequests(writer, method is not MonitorMethod.Monitor);
        if (method is MonitorMethod.MonitorCondSince)
            writer.WriteStringValue(LastTransactionId.ToString());
    }

    /// <summary>The reply to the monitor request of a connection.</summary>
    internal void Synchronise(MonitorMethod method, JsonElement reply)
    {
        var since = method is MonitorMethod.MonitorCondSince;
        var found = since && reply[0].GetBoolean();
        var transaction = since ? ReadTransaction(reply[1]) : Guid.Empty;
        var updates = since ? reply[2] : reply;

        var before = Snapshot;
        var start = found ? before : OvsdbSnapshot.Empty;
        var after = method is MonitorMethod.Monitor
            ? TableCache.Apply1(start, _columns!, updates)
            : TableCache.Apply2(start, _columns!, updates);
        _current = true;
        var first = !_synchronisedOnce;
        _synchronisedOnce = true;
        Publish(new Version(after, transaction), first
            ? null
            : new OvsdbMonitorEvent.Resynchronised(!found, TableCache.Differences(before, after), after));
        Started.TrySetResult(new(this, null));
    }

    /// <summary>A notification: update (RFC 7047), update2 or update3 (ovsdb-server(7)).</summary>
    internal void Update(string method, JsonElement parameters)
    {
        var numbered = method is "update3";
        var updates = parameters[numbered ? 2 : 1];
        var before = Snapshot;
        var after = method is "update"
            ? TableCache.Apply1(before, _columns!, updates)
            : TableCache.Apply2(before, _columns!, updates);
        var transaction = numbered ? ReadTransaction(parameters[1]) : Guid.Empty;
        Publish(
            new Version(after, transaction),
            new OvsdbMonitorEvent.Changed(TableCache.Differences(before, after, updates), after));
    }

    internal void Lose(string reason)
    {
        if (!_current)
            return;
        _current = false;
        Publish(new Version(Snapshot, LastTransactionId), new OvsdbMonitorEvent.ConnectionLost(reason));
    }

    internal void Fail(Exception failure)
    {
        lock (_gate)
        {
            if (_failure is not null)
                return;
            _failure = failure;
            foreach (var subscription in _subscriptions)
                subscription.Complete(failure);
            _subscriptions.Clear();
        }

        _current = false;
        Publish(new Version(Snapshot, LastTransactionId), null);
    }

    private void Publish(Version next, OvsdbMonitorEvent? happened)
    {
        Version previous;
        lock (_gate)
        {
            previous = _version;
            // Before the events: a subscriber told to read the snapshot must find this one.
            _version = next;
            foreach (var subscription in happened is null ? [] : _subscriptions)
                subscription.Publish(happened!);
        }

        previous.Superseded.TrySetResult();
    }

    private static Guid ReadTransaction(JsonElement json) =>
        Guid.TryParseExact(json.GetString(), "D", out var id) ? id : throw OvsdbJson.Malformed(json, "transaction id");

    private sealed class Version(OvsdbSnapshot snapshot, Guid transactionId = default)
    {
        internal OvsdbSnapshot Snapshot => snapshot;

        internal Guid TransactionId => transactionId;

        internal TaskCompletionSource Superseded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
