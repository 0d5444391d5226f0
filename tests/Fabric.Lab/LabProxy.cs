using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fabric.Lab;

/// <summary>
/// A TCP proxy on loopback before an HTTP/1.1 server: counts what passes, and fails on demand in the ways of a network.
/// </summary>
public sealed class LabProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _life = new();
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly ConcurrentDictionary<string, int> _requests = new(StringComparer.Ordinal);
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private string? _dropReplyTo;
    private string? _deafTo;
    private long _bytesUp;
    private long _bytesDown;
    private bool _isDown;

    /// <param name="target">HOST:PORT of the server.</param>
    public LabProxy(string target)
    {
        var colon = target.LastIndexOf(':');
        (_host, _port) = (target[..colon], int.Parse(target[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
        _listener.Start();
        Endpoint = _listener.LocalEndpoint.ToString()!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public string Endpoint { get; }

    public long BytesUp => Interlocked.Read(ref _bytesUp);

    public long BytesDown => Interlocked.Read(ref _bytesDown);

    public int Connections => _connections.Count;

    /// <summary>How many connections are open whose last request went to a path, and has been answered in part.</summary>
    public int ConnectionsTo(string path) => _connections.Keys.Count(c => c.Path == path && c.IsAnswered);

    /// <summary>How many requests have gone to a path, up to now.</summary>
    public int RequestsTo(string path) => _requests.GetValueOrDefault(path);

    public int Requests => _requests.Values.Sum();

    /// <summary>
    /// The next request to that path reaches the server, and its connection is cut when the server begins to answer.
    /// </summary>
    public void DropReplyTo(string path) => Volatile.Write(ref _dropReplyTo, path);

    /// <summary>True once the reply has been dropped.</summary>
    public bool HasDropped => Volatile.Read(ref _dropReplyTo) is null;

    /// <summary>From now on nothing that the server says to requests of that path arrives; null ends it for what comes later.</summary>
    public void SetDeafTo(string? path) => Volatile.Write(ref _deafTo, path);

    /// <summary>Cuts the connections whose last request went to that path.</summary>
    public void Cut(string path)
    {
        foreach (var connection in _connections.Keys.Where(c => c.Path == path))
            connection.Close();
    }

    /// <summary>While down, connections are cut and new ones closed at once.</summary>
    public void SetDown(bool isDown)
    {
        Volatile.Write(ref _isDown, isDown);
        foreach (var connection in isDown ? _connections.Keys : [])
            connection.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        _listener.Dispose();
        foreach (var connection in _connections.Keys)
            connection.Close();
        await Task.WhenAll([_accepting, .. _connections.Values]);
        _life.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_life.IsCancellationRequested)
        {
            Socket accepted;
            try
            {
                accepted = await _listener.AcceptSocketAsync(_life.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The proxy is being closed, which is how this loop ends.
                return;
            }
            if (Volatile.Read(ref _isDown))
            {
                accepted.Dispose();
                continue;
            }
            var connection = new Connection(accepted);
            _connections[connection] = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        await Task.Yield();
        try
        {
            await connection.Server.ConnectAsync(_host, _port, _life.Token);
            await await Task.WhenAny(UpAsync(connection), DownAsync(connection));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One end is gone; the other is told below.
            connection.Close();
        }
        finally
        {
            connection.Close();
            _connections.TryRemove(connection, out _);
        }
    }

    private async Task UpAsync(Connection connection)
    {
        var buffer = new byte[65536];
        while (await connection.Client.ReceiveAsync(buffer, _life.Token) is > 0 and var count)
        {
            Note(connection, buffer.AsSpan(0, count));
            Interlocked.Add(ref _bytesUp, count);
            await SendAllAsync(connection.Server, buffer.AsMemory(0, count));
        }
    }

    private async Task DownAsync(Connection connection)
    {
        var buffer = new byte[65536];
        while (await connection.Server.ReceiveAsync(buffer, _life.Token) is > 0 and var count)
        {
            if (Volatile.Read(ref _dropReplyTo) is { } path && connection.Path == path)
            {
                Volatile.Write(ref _dropReplyTo, null);
                return;
            }
            connection.IsAnswered = true;
            if (connection.Path.Length > 0 && Volatile.Read(ref _deafTo) == connection.Path)
                continue;
            Interlocked.Add(ref _bytesDown, count);
            await SendAllAsync(connection.Client, buffer.AsMemory(0, count));
        }
    }

    // Requests come one by one on a connection, and a request's first line in its first packet.
    private void Note(Connection connection, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("POST "u8))
            return;
        var rest = bytes[5..];
        connection.IsAnswered = false;
        connection.Path = Encoding.ASCII.GetString(rest[..Math.Max(0, rest.IndexOf((byte)' '))]);
        _requests.AddOrUpdate(connection.Path, 1, (_, n) => n + 1);
    }

    private async Task SendAllAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await to.SendAsync(bytes, _life.Token)..];
    }

    private sealed class Connection(Socket client)
    {
        public Socket Client { get; } = client;

        public Socket Server { get; } = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        /// <summary>The path of the last request; empty before the first.</summary>
        public string Path { get; set; } = "";

        public bool IsAnswered { get; set; }

        public void Close()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
