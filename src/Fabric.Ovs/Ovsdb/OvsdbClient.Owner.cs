using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <content>The owner loop: connection, requests under way and monitors. Only this loop touches these fields.</content>
public sealed partial class OvsdbClient
{
    /// <summary>More requests than this under way at once are refused: the server has stopped answering.</summary>
    private const int MaxPending = 4096;

    private readonly Dictionary<long, Pending> _pending = [];
    private readonly List<OvsdbMonitor> _monitors = [];
    private OvsdbSession? _session;
    private Task _pumps = Task.CompletedTask;
    private TimeSpan _backoff;
    private MonitorMethod _monitorMethod;
    private Task _reconnecting = Task.CompletedTask;
    private bool _heard;
    private bool _probing;

    private async Task<OvsdbSession> OpenAsync(CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await OvsdbSession.OpenAsync(_endpoint, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (
            exception is SocketException
            || (exception is OperationCanceledException && deadline.IsCancellationRequested))
        {
            throw new OvsdbException(
                OvsdbErrorCode.NotConnected, $"connect {_endpoint}", exception.Message, inner: exception);
        }
    }

    private async Task RunAsync(OvsdbSession first)
    {
        using var probe = _time.CreateTimer(
            _ => _inbox.Writer.TryWrite(new Input.Tick()), null, _options.ProbeInterval, _options.ProbeInterval);
        try
        {
            Attach(first);
            await foreach (var input in _inbox.Reader.ReadAllAsync(_disposing.Token).ConfigureAwait(false))
                Handle(input);
        }
        catch (OperationCanceledException) when (_disposing.IsCancellationRequested)
        {
            // DisposeAsync ends the loop this way.
        }
        finally
        {
            _inbox.Writer.TryComplete();
            Close();
            while (_inbox.Reader.TryRead(out var late))
                Refuse(late);
            await _pumps.ConfigureAwait(false);
            await _reconnecting.ConfigureAwait(false);
        }
    }

    private void Handle(Input input)
    {
        switch (input)
        {
            case Input.Request request when !_connected:
                request.Done.TrySetResult(new(default, NotConnected(request.Method)));
                break;
            case Input.Request request:
                Send(request.Id, request.Method, request.Message, reply => request.Done.TrySetResult(reply));
                break;
            case Input.Abandon abandon:
                Abandon(abandon.Id);
                break;
            case Input.Received received when received.Session == _session:
                Receive(received.Message);
                break;
            case Input.Lost lost when lost.Session == _session:
                Lose(lost.Cause);
                break;
            case Input.Connected connected:
                Attach(connected.Session);
                break;
            case Input.StartMonitor start:
                StartMonitor(start.Monitor);
                break;
            case Input.StopMonitor stop:
                StopMonitor(stop.Monitor);
                break;
            case Input.Tick:
                Probe();
                break;
        }
    }

    /// <summary>Takes over a new connection: first the schema, then the monitors; then callers may send.</summary>
    private void Attach(OvsdbSession session)
    {
        _session = session;
        (_heard, _probing) = (true, false);
        _monitorMethod = MonitorMethod.MonitorCondSince;
        _pumps = PumpAsync(session);
        Ask("get_schema", writer => writer.WriteStringValue(Database), reply =>
        {
            if (reply.Failure is { } failure)
            {
                // A connection that was lost meanwhile is tried again; a refusal is told to who waits to connect.
                if (failure.Code is not OvsdbErrorCode.ConnectionLost)
                    _ready.TrySetResult(new(null, failure));
                session.Dispose();
                return;
            }

            _schema = OvsdbSchema.Read(reply.Result);
            _connected = true;
            if (_monitors.Count == 0)
                _backoff = _options.InitialBackoff;
            foreach (var monitor in _monitors)
                RequestMonitor(monitor);
            if (_ready.Task.IsCompleted)
                _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _ready.TrySetResult(new(_schema, null));
        });
    }

    private Task PumpAsync(OvsdbSession session) => Task.Run(async () =>
    {
        var cause = await session.RunAsync(
            message => _inbox.Writer.WriteAsync(new Input.Received(session, message)), _options.MaxFrameBytes)
            .ConfigureAwait(false);
        await TryPostAsync(new Input.Lost(session, cause)).ConfigureAwait(false);
    });

    private void Lose(Exception cause)
    {
        _session = null;
        _connected = false;
        if (_ready.Task.IsCompleted)
            _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        FailPending(OvsdbErrorCode.ConnectionLost, cause.Message);
        foreach (var monitor in _monitors)
            monitor.Lose(cause.Message);
        _reconnecting = ReconnectAsync(_backoff);
        _backoff = _backoff * 2 < _options.MaxBackoff ? _backoff * 2 : _options.MaxBackoff;
    }

    /// <summary>Tries until it succeeds or the client is disposed; it shares no state with the loop.</summary>
    private async Task ReconnectAsync(TimeSpan backoff)
    {
        try
        {
            while (true)
            {
                await Task.Delay(backoff, _time, _disposing.Token).ConfigureAwait(false);
                try
                {
                    var session = await OpenAsync(_disposing.Token).ConfigureAwait(false);
                    if (!await TryPostAsync(new Input.Connected(session)).ConfigureAwait(false))
                        session.Abort();
                    return;
                }
                catch (OvsdbException exception) when (exception.Code is OvsdbErrorCode.NotConnected)
                {
                    backoff = backoff * 2 < _options.MaxBackoff ? backoff * 2 : _options.MaxBackoff;
                }
            }
        }
        catch (OperationCanceledException) when (_disposing.IsCancellationRequested)
        {
            // The client is disposed; there is nothing to connect for.
        }
    }

    private void Ask(string method, Action<Utf8JsonWriter> write, Action<Reply<JsonElement>> done)
    {
        var id = Interlocked.Increment(ref _lastId);
        Send(id, method, Encode(method, id, write), done);
    }

    private void Send(long id, string method, ReadOnlyMemory<byte> message, Action<Reply<JsonElement>> done)
    {
        if (_pending.Count >= MaxPending)
        {
            done(new(default, new OvsdbException(
                OvsdbErrorCode.ResourcesExhausted, method, "too many requests are under way")));
            return;
        }

        _pending.Add(id, new Pending(method, done));
        _session!.Send(message);
    }

    /// <summary>Forgets a request and asks the server to cancel it (RFC 7047, section 4.1.4).</summary>
    private void Abandon(long id)
    {
        if (_pending.Remove(id))
            _session?.Send(Encode("cancel", null, writer => writer.WriteNumberValue(id)));
    }

    private void Receive(JsonElement message)
    {
        _heard = true;
        try
        {
            if (message.TryGetProperty("method", out var method) && method.ValueKind is JsonValueKind.String)
                Notified(method.GetString()!, message);
            else
                Answered(message);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException
            or KeyNotFoundException or IndexOutOfRangeException or JsonException)
        {
            // What follows can no longer be trusted: begin again with a new connection.
            var session = _session!;
            Lose(new FormatException($"The server sent {message}: {exception.Message}", exception));
            session.Dispose();
        }
    }

    private void Notified(string method, JsonElement message)
    {
        var parameters = message.GetProperty("params");
        switch (method)
        {
            case "echo":
                AnswerEcho(message, parameters);
                break;
            case "update" or "update2" or "update3":
                var id = parameters[0].ToString();
                _monitors.Find(monitor => monitor.Id == id)?.Update(method, parameters);
                break;
            case "monitor_canceled":
                // ovsdb-server(7): the database was replaced. A new connection reads the new schema.
                _session!.Dispose();
                break;
        }
    }

    private void AnswerEcho(JsonElement message, JsonElement parameters)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer, OvsdbJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("result");
            parameters.WriteTo(writer);
            writer.WriteNull("error");
            writer.WritePropertyName("id");
            message.GetProperty("id").WriteTo(writer);
            writer.WriteEndObject();
        }

        _session!.Send(buffer.WrittenMemory);
    }

    private void Answered(JsonElement message)
    {
        var id = message.GetProperty("id");
        if (id.ValueKind is not JsonValueKind.Number || !_pending.Remove(id.GetInt64(), out var pending))
            return;
        var failed = message.TryGetProperty("error", out var error) && error.ValueKind is not JsonValueKind.Null;
        pending.Done(failed
            ? new(default, ReadError(error, pending.Method))
            : new(message.GetProperty("result"), null));
    }

    private void Probe()
    {
        if (_session is null || _heard)
        {
            (_heard, _probing) = (false, false);
            return;
        }

        if (_probing)
        {
            _session.Dispose();
            return;
        }

        _probing = true;
        Ask("echo", _ => { }, _ => { });
    }

    private void FailPending(OvsdbErrorCode code, string reason)
    {
        var all = _pending.Values.ToArray();
        _pending.Clear();
        foreach (var pending in all)
            pending.Done(new(default, new OvsdbException(code, pending.Method, reason)));
    }

    private void Close()
    {
        _session?.Dispose();
        _connected = false;
        var disposed = new OvsdbException(OvsdbErrorCode.Disposed, Database, "the client was disposed");
        if (_ready.Task.IsCompleted)
            _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ready.TrySetResult(new(null, disposed));
        _session = null;
        FailPending(OvsdbErrorCode.Disposed, "the client was disposed");
        foreach (var monitor in _monitors)
        {
            monitor.Started.TrySetResult(new(null, disposed));
            monitor.Fail(new ObjectDisposedException(nameof(OvsdbClient)));
        }

        _monitors.Clear();
    }

    private static void Refuse(Input late)
    {
        switch (late)
        {
            case Input.Request request:
                request.Done.TrySetResult(new(default, NotConnected(request.Method)));
                break;
            case Input.StartMonitor start:
                start.Monitor.Started.TrySetResult(new(null, NotConnected("monitor")));
                break;
            case Input.Connected connected:
                connected.Session.Abort();
                break;
        }
    }
}
