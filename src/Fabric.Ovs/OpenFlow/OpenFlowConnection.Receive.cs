using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace Fabric.Ovs.OpenFlow;

/// <summary>The receive loop and the keepalive.</summary>
public sealed partial class OpenFlowConnection
{
    // A message has a 16-bit length, so one always fits.
    private const int ReceiveBufferLength = 256 * 1024;

    private async Task ReceiveLoopAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferLength);
        try
        {
            var filled = 0;
            while (true)
            {
                var room = buffer.AsMemory(filled);
                var count = await _socket.ReceiveAsync(room, SocketFlags.None, CancellationToken.None)
                    .ConfigureAwait(false);
                if (count == 0)
                {
                    Break(new OpenFlowException(OpenFlowFailure.Disconnected, _address, "closed by the switch"));
                    return;
                }

                Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                filled += count;
                var used = Dispatch(buffer.AsSpan(0, filled));
                if (used > 0) buffer.AsSpan(used, filled - used).CopyTo(buffer);
                filled -= used;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Break(new OpenFlowException(OpenFlowFailure.Disconnected, _address, e.Message, e));
        }
        catch (OpenFlowException e)
        {
            Break(e);
        }
        catch (Exception e)
        {
            // Mostly WireReader running past the end of a message whose lengths contradict each other. Whatever it
            // is, those who wait must learn that no answer will come.
            Break(new OpenFlowException(OpenFlowFailure.Protocol, _address, "a message could not be read", e));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Handles every complete message; returns the bytes used up.</summary>
    private int Dispatch(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (bytes.Length - used >= WireConstants.HeaderLength)
        {
            var header = bytes[used..];
            var length = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
            if (length < WireConstants.HeaderLength)
                throw OpenFlowException.Malformed($"message of length {length}");
            if (header.Length < length) break;
            var type = (MessageType)header[1];
            if (header[0] != WireConstants.Version && type is not (MessageType.Hello or MessageType.Error))
                throw OpenFlowException.Malformed($"message of OpenFlow version {header[0]}");
            var xid = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
            Handle(header[0], type, xid, header[WireConstants.HeaderLength..length]);
            used += length;
        }

        return used;
    }

    private void Handle(byte version, MessageType type, uint xid, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case MessageType.Hello:
                HandleHello(version, body);
                break;
            case MessageType.EchoRequest:
                var reply = new WireWriter(WireConstants.HeaderLength + body.Length);
                MessageWriter.EchoReply(reply, xid, body);
                SendInBackground(reply);
                break;
            case MessageType.Error:
                HandleError(xid, body);
                break;
            default:
                // Messages nobody asked for (packet-in, flow removed, port status) belong to no request.
                if (Owner(xid) is { } request && request.OnMessage(type, xid, body)) Forget(request);
                break;
        }
    }

    private void HandleHello(byte version, ReadOnlySpan<byte> body)
    {
        var offered = version >= 31 ? uint.MaxValue : (2u << version) - 1;
        while (body.Length >= 4)
        {
            var r = new WireReader(body);
            var type = r.U16();
            var length = r.U16();
            if (length < 4 || length > body.Length) break;
            if (type == 1 && length >= 8) offered = r.U32();
            body = body[Math.Min(body.Length, (length + 7) & ~7)..];
        }

        if ((offered & (1u << WireConstants.Version)) == 0)
        {
            throw new OpenFlowException(
                OpenFlowFailure.Protocol, _address, $"the switch has no OpenFlow 1.5 (versions 0x{offered:x})");
        }

        _hello.TrySetResult();
    }

    private void HandleError(uint xid, ReadOnlySpan<byte> body)
    {
        var r = new WireReader(body);
        var type = r.U16();
        var code = r.U16();
        if (type == 0)
        {
            throw new OpenFlowException(OpenFlowFailure.Protocol, _address, ErrorNames.Find(type, code));
        }

        if (Owner(xid) is { } request && request.OnError(xid, type, code)) Forget(request);
    }

    private PendingRequest? Owner(uint xid)
    {
        lock (_gate)
        {
            foreach (var request in _pending)
            {
                if (request.Owns(xid)) return request;
            }
        }

        return null;
    }

    private void KeepAlive()
    {
        var received = Volatile.Read(ref _lastReceived);
        var silence = _time.GetElapsedTime(received);
        if (silence < _options.EchoInterval / 2) return;

        // Only an unanswered echo counts against the switch: when this process itself was stopped for a while, the
        // timer runs before the receive loop has read what arrived meanwhile.
        if (_echoSent <= received)
        {
            _echoSent = _time.GetTimestamp();
            var echo = new WireWriter(WireConstants.HeaderLength);
            MessageWriter.Empty(echo, MessageType.EchoRequest, TakeXids(1));
            SendInBackground(echo);
        }
        else if (_time.GetElapsedTime(_echoSent) >= _options.EchoInterval / 2)
        {
            Break(new OpenFlowException(OpenFlowFailure.Disconnected, _address, $"silent for {silence}"));
        }
    }

    /// <summary>Sends without waiting; a failure breaks the connection, which tells everyone.</summary>
    private void SendInBackground(WireWriter message) => Observe(SendAsync(message, CancellationToken.None));

    /// <summary>Marks the failure of a task nobody waits for as seen: it has been reported elsewhere.</summary>
    private static void Observe(Task task) => _ = task.ContinueWith(
        static done => done.Exception, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
