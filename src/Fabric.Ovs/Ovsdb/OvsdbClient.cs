using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// A client of one database of an OVSDB server (RFC 7047). It connects again by itself, and its monitors then catch up.
/// </summary>
/// <remarks>
/// All members may be used from any thread and block none. One owner loop on the thread pool has the connection, the
/// requests under way and the monitors; a caller's await resumes in the caller's own context, also a single-threaded
/// one. Requests are answered in the order in which they were sent. While there is no connection they fail at once with
/// <see cref="OvsdbErrorCode.NotConnected"/>; nothing is ever sent twice.
/// </remarks>
public sealed partial class OvsdbClient : IAsyncDisposable
{
    private readonly OvsdbEndpoint _endpoint;
    private readonly TimeProvider _time;
    private readonly OvsdbClientOptions _options;
    private readonly CancellationTokenSource _disposing = new();

    // Full means that the owner is behind: callers, and the pump that reads from the server, then wait.
    private readonly Channel<Input> _inbox = Channel.CreateBounded<Input>(
        new BoundedChannelOptions(1024) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private Task _owner = Task.CompletedTask;
    private long _lastId;
    private volatile OvsdbSchema? _schema;
    private volatile bool _connected;
    private volatile TaskCompletionSource<Reply<OvsdbSchema>> _ready =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OvsdbClient(OvsdbEndpoint endpoint, string database, TimeProvider time, OvsdbClientOptions options)
    {
        _endpoint = endpoint;
        Database = database;
        _time = time;
        _options = options;
        _backoff = options.InitialBackoff;
    }

    /// <summary>The name of the database, such as <c>Open_vSwitch</c>.</summary>
    public string Database { get; }

    /// <summary>The schema that the server of the current or last connection gave.</summary>
    public OvsdbSchema Schema => _schema!;

    /// <summary>True while requests can be sent.</summary>
    public bool IsConnected => _connected;

    /// <summary>
    /// Connects and reads the schema. Throws <see cref="FormatException"/> for a malformed endpoint, and
    /// <see cref="OvsdbException"/> when the server is not reachable (transient) or does not have the database (not).
    /// </summary>
    public static async Task<OvsdbClient> ConnectAsync(
        string endpoint,
        string database,
        TimeProvider time,
        OvsdbClientOptions? options = null,
        CancellationToken cancellation = default)
    {
        var client = new OvsdbClient(OvsdbEndpoint.Parse(endpoint), database, time, options ?? new());
        try
        {
            var session = await client.OpenAsync(cancellation).ConfigureAwait(false);
            client._owner = Task.Run(() => client.RunAsync(session), CancellationToken.None);
            await client.WaitConnectedAsync(cancellation)
                .WaitAsync(client._options.ConnectTimeout, time, cancellation).ConfigureAwait(false);
            return client;
        }
        catch (Exception exception)
        {
            await client.DisposeAsync().ConfigureAwait(false);
            if (exception is not TimeoutException)
                throw;
            throw new OvsdbException(
                OvsdbErrorCode.RequestTimedOut, "get_schema", $"no answer from {endpoint}", inner: exception);
        }
    }

    /// <summary>
    /// Completes when requests can be sent, at once if they can already; throws <see cref="OvsdbException"/> when the
    /// server refuses the database, and after disposal.
    /// </summary>
    public async Task WaitConnectedAsync(CancellationToken cancellation)
    {
        var ready = await _ready.Task.WaitAsync(cancellation).ConfigureAwait(false);
        ready.OrThrow();
    }

    /// <summary>
    /// Applies all operations or none, and gives back one result for each. Throws <see cref="OvsdbException"/>; see
    /// <see cref="OvsdbException.IsOutcomeUnknown"/>. When cancelled after it was sent, the transaction may still be
    /// committed.
    /// </summary>
    public async Task<ImmutableArray<OvsdbResult>> TransactAsync(
        OvsdbTransaction transaction, CancellationToken cancellation = default)
    {
        var reply = await CallAsync(
            "transact",
            writer =>
            {
                writer.WriteStringValue(Database);
                foreach (var operation in transaction.Operations)
                    OvsdbJson.WriteOperation(writer, operation);
            },
            cancellation).ConfigureAwait(false);
        return ReadResults(transaction, reply);
    }

    /// <summary>
    /// Watches tables; completes when the first snapshot is there. Throws <see cref="OvsdbException"/>, for example for
    /// a table that does not exist.
    /// </summary>
    public async Task<OvsdbMonitor> MonitorAsync(
        ImmutableArray<OvsdbMonitorTable> tables, CancellationToken cancellation = default)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"monitor{Interlocked.Increment(ref _lastId)}");
        var monitor = new OvsdbMonitor(this, id, tables);
        await PostAsync(new Input.StartMonitor(monitor), "monitor", cancellation).ConfigureAwait(false);
        try
        {
            var started = await monitor.Started.Task
                .WaitAsync(_options.RequestTimeout, _time, cancellation).ConfigureAwait(false);
            return started.OrThrow();
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            await monitor.DisposeAsync().ConfigureAwait(false);
            if (exception is not TimeoutException)
                throw;
            throw new OvsdbException(OvsdbErrorCode.RequestTimedOut, "monitor", "no answer", inner: exception);
        }
    }

    /// <summary>Asks the server for a sign of life (RFC 7047, section 4.1.11).</summary>
    public async Task EchoAsync(CancellationToken cancellation = default) =>
        await CallAsync("echo", _ => { }, cancellation).ConfigureAwait(false);

    /// <summary>
    /// Any other method, such as <c>list_dbs</c> or <c>lock</c>; <paramref name="writeParameters"/> writes the elements
    /// of <c>params</c>. Throws <see cref="OvsdbException"/>.
    /// </summary>
    public async Task<JsonElement> CallAsync(
        string method, Action<Utf8JsonWriter> writeParameters, CancellationToken cancellation = default)
    {
        var id = Interlocked.Increment(ref _lastId);
        var done = new TaskCompletionSource<Reply<JsonElement>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = Encode(method, id, writeParameters);
        await PostAsync(new Input.Request(id, method, message, done), method, cancellation).ConfigureAwait(false);
        try
        {
            var reply = await done.Task
                .WaitAsync(_options.RequestTimeout, _time, cancellation).ConfigureAwait(false);
            return reply.OrThrow();
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Should the inbox be full or closed, the reply is ignored all the same when it comes.
            _inbox.Writer.TryWrite(new Input.Abandon(id));
            if (exception is not TimeoutException)
                throw;
            throw new OvsdbException(
                OvsdbErrorCode.RequestTimedOut,
                method,
                $"no answer within {_options.RequestTimeout}",
                inner: exception);
        }
    }

    /// <summary>Closes the connection; requests under way fail with <see cref="OvsdbErrorCode.Disposed"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync().ConfigureAwait(false);
        _inbox.Writer.TryComplete();
        await _owner.ConfigureAwait(false);
    }

    internal async Task StopMonitorAsync(OvsdbMonitor monitor) =>
        await TryPostAsync(new Input.StopMonitor(monitor)).ConfigureAwait(false);

    private async Task PostAsync(Input input, string operation, CancellationToken cancellation)
    {
        if (!await TryPostAsync(input, cancellation).ConfigureAwait(false))
            throw new OvsdbException(OvsdbErrorCode.NotConnected, operation, "the client was disposed");
    }

    /// <summary>False when the client has been disposed.</summary>
    private async Task<bool> TryPostAsync(Input input, CancellationToken cancellation = default)
    {
        while (await _inbox.Writer.WaitToWriteAsync(cancellation).ConfigureAwait(false))
        {
            if (_inbox.Writer.TryWrite(input))
                return true;
        }

        return false;
    }

    private ImmutableArray<OvsdbResult> ReadResults(OvsdbTransaction transaction, JsonElement reply)
    {
        var operations = transaction.Operations;
        try
        {
            var results = ImmutableArray.CreateBuilder<OvsdbResult>(operations.Length);
            var index = 0;
            foreach (var result in reply.EnumerateArray())
            {
                // RFC 7047, section 4.1.3: one result more than operations means that each succeeded and the commit
                // did not, and after the first error all results are null.
                if (result.ValueKind is JsonValueKind.Object && result.TryGetProperty("error", out _))
                {
                    var text = index < operations.Length ? operations[index].ToString() : "commit";
                    throw ReadError(result, text, index);
                }

                if (index < operations.Length)
                    results.Add(OvsdbJson.ReadResult(result));
                index++;
            }

            if (results.Count < operations.Length)
                throw OvsdbJson.Malformed(reply, "list of results");
            return results.MoveToImmutable();
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            throw new OvsdbException(
                OvsdbErrorCode.ProtocolViolation, "transact", exception.Message, inner: exception);
        }
    }

    private static OvsdbException ReadError(JsonElement error, string operation, int? index = null)
    {
        if (error.ValueKind is JsonValueKind.String)
            return OvsdbException.FromServer(error.GetString()!, "", operation, index);
        if (error.ValueKind is not JsonValueKind.Object)
            return OvsdbException.FromServer(error.GetRawText(), "", operation, index);
        var name = error.TryGetProperty("error", out var first) ? first.ToString() : error.GetRawText();
        var details = error.TryGetProperty("details", out var second) ? second.ToString() : "";
        return OvsdbException.FromServer(name, details, operation, index);
    }

    private static ReadOnlyMemory<byte> Encode(string method, long? id, Action<Utf8JsonWriter> writeParameters)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, OvsdbJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("method", method);
            writer.WriteStartArray("params");
            writeParameters(writer);
            writer.WriteEndArray();
            if (id is { } number)
                writer.WriteNumber("id", number);
            else
                writer.WriteNull("id");
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
