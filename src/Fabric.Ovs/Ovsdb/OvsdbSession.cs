using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// One connection to the server: a pump for each direction, and nothing that knows what the messages mean.
/// </summary>
/// <remarks>
/// The directions must not wait for each other. ovsdb-server stops reading from a client that does not read, so a loop
/// that waited for a write before it reads on could wait for ever.
/// </remarks>
internal sealed class OvsdbSession : IDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenSource _closing = new();

    // Unbounded, because the owner bounds the requests under way, and the rest answers what the server asked.
    private readonly Channel<ReadOnlyMemory<byte>> _outgoing =
        Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new UnboundedChannelOptions { SingleReader = true });

    private OvsdbSession(Socket socket) => _socket = socket;

    internal static async Task<OvsdbSession> OpenAsync(OvsdbEndpoint endpoint, CancellationToken cancellation) =>
        new(await endpoint.ConnectAsync(cancellation).ConfigureAwait(false));

    /// <summary>Queues a message. After the session has ended it goes nowhere.</summary>
    internal void Send(ReadOnlyMemory<byte> message) => _outgoing.Writer.TryWrite(message);

    /// <summary>
    /// Moves messages until the connection ends, and returns why. <paramref name="received"/> is awaited before the
    /// next message is read, which is how a slow owner slows the server down.
    /// </summary>
    internal async Task<Exception> RunAsync(Func<JsonElement, ValueTask> received, long maxFrameBytes)
    {
        using var stream = new NetworkStream(_socket, ownsSocket: false);
        var reading = ReadAsync(stream, received, maxFrameBytes);
        var writing = WriteAsync(stream);
        var first = await Task.WhenAny(reading, writing).ConfigureAwait(false);
        var cause = await first.ConfigureAwait(false);
        Dispose();
        await Task.WhenAll(reading, writing).ConfigureAwait(false);
        _socket.Dispose();
        return cause;
    }

    /// <summary>Ends both pumps; <see cref="RunAsync"/> then closes the socket.</summary>
    public void Dispose() => _closing.Cancel();

    /// <summary>Closes a session whose <see cref="RunAsync"/> was never called.</summary>
    internal void Abort() => _socket.Dispose();

    private async Task<Exception> ReadAsync(
        NetworkStream stream, Func<JsonElement, ValueTask> received, long maxFrameBytes)
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        var frames = new OvsdbFrameReader(maxFrameBytes);
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(_closing.Token).ConfigureAwait(false);
                var buffer = read.Buffer;
                while (frames.TryRead(ref buffer, out var frame))
                    await received(frame).ConfigureAwait(false);
                if (read.IsCompleted)
                    return new EndOfStreamException("The server closed the connection.");
                pipe.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            return exception;
        }
        finally
        {
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task<Exception> WriteAsync(NetworkStream stream)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(_closing.Token).ConfigureAwait(false))
                await stream.WriteAsync(message, _closing.Token).ConfigureAwait(false);
            return new EndOfStreamException("The client closed the connection.");
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            return exception;
        }
    }

    private static bool IsEnd(Exception exception) =>
        exception is IOException or SocketException or OperationCanceledException or FormatException
            or ChannelClosedException;
}
