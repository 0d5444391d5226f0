using System.Net.Sockets;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// A connection to a bridge of Open vSwitch in OpenFlow 1.5. All methods may be called from any thread and at the
/// same time; requests are sent in the order of the calls.
/// </summary>
/// <remarks>
/// One loop receives and gives each answer to its request by xid; it keeps reading while others write, so a switch
/// that answers before it has read everything never blocks. Nothing here resumes on the caller's synchronization
/// context.
/// </remarks>
public sealed partial class OpenFlowConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly OpenFlowConnectionOptions _options;
    private readonly string _address;
    private readonly SemaphoreSlim _sendLock = new(1, 1);
    private readonly TaskCompletionSource<OpenFlowException> _disconnected =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the two fields below.
    private readonly Lock _gate = new();
    private readonly List<PendingRequest> _pending = [];
    private OpenFlowException? _reason;

    private uint _nextXid;
    private uint _nextBundle;
    private Task _receiving = Task.CompletedTask;
    private ITimer? _keepalive;

    // Written by the receive loop, read by the keepalive timer.
    private long _lastReceived;

    // Belongs to the keepalive timer.
    private long _echoSent = long.MinValue;

    private OpenFlowConnection(Socket socket, string address, TimeProvider time, OpenFlowConnectionOptions options)
    {
        _socket = socket;
        _address = address;
        _time = time;
        _options = options;
        _lastReceived = time.GetTimestamp();
    }

    /// <summary>What the switch said of itself when the connection was made.</summary>
    public SwitchFeatures Features { get; private set; } = new(0, 0, 0);

    /// <summary>
    /// Completes, never fails, when the connection is gone, with the reason; also after <see cref="DisposeAsync"/>.
    /// </summary>
    public Task<OpenFlowException> Disconnected => _disconnected.Task;

    /// <summary>Connects, negotiates OpenFlow 1.5, and reads the switch's features.</summary>
    /// <param name="address">unix: and the absolute path of the bridge's .mgmt socket.</param>
    /// <param name="time">The clock for deadlines and keepalive.</param>
    /// <param name="options">Times, or null for the usual ones.</param>
    /// <param name="cancellationToken">Stops connecting.</param>
    /// <exception cref="OpenFlowException">No switch there, no answer, or no OpenFlow 1.5.</exception>
    public static async Task<OpenFlowConnection> ConnectAsync(
        string address, TimeProvider time, OpenFlowConnectionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(time);
        if (!address.StartsWith("unix:", StringComparison.Ordinal))
            throw new ArgumentException($"'{address}' does not start with unix:", nameof(address));
        options ??= new OpenFlowConnectionOptions();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var connection = new OpenFlowConnection(socket, address, time, options);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address[5..]), cancellationToken)
                .ConfigureAwait(false);
            connection.Start();
            await connection.NegotiateAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (SocketException e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new OpenFlowException(OpenFlowFailure.Disconnected, $"connect to {address}", e.Message, e);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the connection; requests in flight fail as disconnected.</summary>
    public async ValueTask DisposeAsync()
    {
        Break(new OpenFlowException(OpenFlowFailure.Disconnected, _address, "closed by this side"));
        await _receiving.ConfigureAwait(false);
    }

    private void Start()
    {
        // On the thread pool, so that the loop never runs on the caller's synchronization context.
        _receiving = Task.Run(ReceiveLoopAsync);
        _keepalive = _time.CreateTimer(_ => KeepAlive(), null, _options.EchoInterval, _options.EchoInterval);
    }

    private async Task NegotiateAsync(CancellationToken cancellationToken)
    {
        var hello = new WireWriter(64);
        MessageWriter.Hello(hello, TakeXids(1));
        await SendAsync(hello, cancellationToken).ConfigureAwait(false);
        await WaitAsync(_hello.Task, "negotiate", null, cancellationToken).ConfigureAwait(false);
        var features = new SwitchFeatures(0, 0, 0);
        await RequestAsync("features", MessageWriter.FeaturesRequest, (_, body) =>
        {
            features = ReplyReader.ReadFeatures(body);
            return true;
        }, cancellationToken).ConfigureAwait(false);
        Features = features;
    }

    private uint TakeXids(int count) => Interlocked.Add(ref _nextXid, (uint)count) - (uint)count + 1;

    /// <summary>Registers a request, so that its answers find it, before anything of it is sent.</summary>
    private void Register(PendingRequest request)
    {
        lock (_gate)
        {
            if (_reason is not null) throw Lost(_reason);
            _pending.Add(request);
        }
    }

    private void Forget(PendingRequest request)
    {
        lock (_gate) _pending.Remove(request);
    }

    /// <summary>
    /// Sends what was written and returns its buffer to the pool. A message is never left half sent: cancellation
    /// counts only until the writing begins, and a caller that gives up leaves the writing to end by itself.
    /// </summary>
    private async Task SendAsync(WireWriter message, CancellationToken cancellationToken)
    {
        using var owned = message;
        await _sendLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var rest = message.Written;
            while (rest.Length > 0)
            {
                var sent = await _socket.SendAsync(rest, SocketFlags.None, CancellationToken.None)
                    .ConfigureAwait(false);
                rest = rest[sent..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Break(new OpenFlowException(OpenFlowFailure.Disconnected, _address, e.Message, e));
            throw Lost(_reason!);
        }
        finally
        {
            _sendLock.Release();
        }
    }

    /// <summary>Waits for an answer within the deadline; a request that was given up is forgotten.</summary>
    private async Task WaitAsync(
        Task answer, string operation, PendingRequest? request, CancellationToken cancellationToken)
    {
        try
        {
            await answer.WaitAsync(_options.RequestTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new OpenFlowException(
                OpenFlowFailure.Timeout, operation, $"no answer within {_options.RequestTimeout}", e);
        }
        finally
        {
            if (!answer.IsCompleted)
            {
                if (request is not null) Forget(request);
                Observe(answer);
            }
        }
    }

    /// <summary>Ends the connection; the first reason stays.</summary>
    private void Break(OpenFlowException reason)
    {
        PendingRequest[] orphans;
        lock (_gate)
        {
            if (_reason is not null) return;
            _reason = reason;
            orphans = [.. _pending];
            _pending.Clear();
        }

        _keepalive?.Dispose();
        _socket.Dispose();
        foreach (var request in orphans) request.Fail(Lost(reason));
        _hello.TrySetException(Lost(reason));
        _disconnected.TrySetResult(reason);
    }

    private static OpenFlowException Lost(OpenFlowException reason) =>
        new(reason.Failure, reason.Operation, reason.Message, reason);
}
