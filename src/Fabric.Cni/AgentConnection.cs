using System.Text;
using Fabric.Messages.Cni;

namespace Fabric.Cni;

/// <summary>A connection to the agent's unix socket: frames out, frames in, each by a deadline.</summary>
internal sealed unsafe class AgentConnection : IDisposable
{
    /// <summary>sun_path holds 108 bytes with its NUL (unix(7)).</summary>
    public const int MaxPathBytes = 107;

    private const int MaxPauseMs = 100;
    private readonly int _socket;
    private byte[] _payload = [];

    private AgentConnection(string path, int socket)
    {
        Path = path;
        _socket = socket;
    }

    public string Path { get; }

    /// <summary>The header of the frame received last.</summary>
    public CniFrameHeader Header { get; private set; }

    /// <summary>The payload of the frame received last.</summary>
    public ReadOnlySpan<byte> Payload => _payload;

    /// <summary>
    /// Connects, trying again while the agent is starting (no socket, nobody listening, backlog full) until the
    /// deadline. Pauses grow from 1 ms to 100 ms: an agent that is restarting is back within tens of milliseconds.
    /// </summary>
    /// <param name="errno">Why the last try failed; the answer is null then.</param>
    public static AgentConnection? Open(string path, Deadline deadline, out int errno)
    {
        var address = new byte[2 + MaxPathBytes + 1];
        address[0] = Libc.Unix;
        var length = Encoding.UTF8.GetBytes(path, address.AsSpan(2));
        var pauseMs = 1;
        while (true)
        {
            var socket = Libc.Socket(Libc.Unix, Libc.Stream | Libc.CloseOnExec | Libc.NonBlocking, 0);
            if (socket < 0)
            {
                errno = Libc.Error;
                return null;
            }
            int result;
            fixed (byte* start = address)
                result = Libc.Connect(socket, start, (uint)(2 + length + 1));
            errno = result == 0 ? 0 : Libc.Error;
            if (result == 0)
                return new AgentConnection(path, socket);
            _ = Libc.Close(socket);
            if (deadline.Passed)
                return null;
            Descriptors.Rest(Math.Min(pauseMs, Math.Max(1, deadline.Milliseconds)));
            pauseMs = Math.Min(pauseMs * 2, MaxPauseMs);
        }
    }

    /// <summary>Sends a whole frame; <paramref name="descriptor"/>, unless -1, travels with its first byte.</summary>
    public AgentOutcome Send(ReadOnlySpan<byte> frame, int descriptor, Deadline deadline)
    {
        while (frame.Length > 0)
        {
            var count = SendSome(frame, descriptor);
            if (count > 0)
            {
                frame = frame[(int)count..];
                descriptor = -1;
                continue;
            }
            if (Libc.Error == Libc.EINTR)
                continue;
            if (Libc.Error != Libc.EAGAIN)
                return AgentOutcome.Closed;
            if (!Descriptors.Await(_socket, Libc.PollOut, deadline))
                return AgentOutcome.TimedOut;
        }
        return AgentOutcome.Done;
    }

    /// <summary>Receives one frame into <see cref="Header"/> and <see cref="Payload"/>.</summary>
    public AgentOutcome Receive(Deadline deadline)
    {
        var head = new byte[CniProtocol.HeaderLength];
        var outcome = Fill(head, deadline);
        if (outcome != AgentOutcome.Done)
            return outcome;
        var fault = CniFrameHeader.Read(head, out var header);
        Header = header;
        if (fault == CniFrameFault.OtherVersion)
            return AgentOutcome.OtherVersion;
        if (fault != CniFrameFault.None)
            return AgentOutcome.Garbled;
        _payload = new byte[header.PayloadLength];
        return Fill(_payload, deadline);
    }

    public void Dispose() => _ = Libc.Close(_socket);

    private AgentOutcome Fill(Span<byte> bytes, Deadline deadline)
    {
        while (bytes.Length > 0)
        {
            nint count;
            fixed (byte* start = bytes)
                count = Libc.Read(_socket, start, (nuint)bytes.Length);
            if (count > 0)
            {
                bytes = bytes[(int)count..];
                continue;
            }
            if (count == 0)
                return AgentOutcome.Closed;
            if (Libc.Error == Libc.EINTR)
                continue;
            if (Libc.Error != Libc.EAGAIN)
                return AgentOutcome.Closed;
            if (!Descriptors.Await(_socket, Libc.PollIn, deadline))
                return AgentOutcome.TimedOut;
        }
        return AgentOutcome.Done;
    }

    private nint SendSome(ReadOnlySpan<byte> frame, int descriptor)
    {
        var control = new Libc.DescriptorControl
        {
            Length = 20,
            Level = Libc.SolSocket,
            Type = Libc.ScmRights,
            Descriptor = descriptor,
        };
        fixed (byte* start = frame)
        {
            var vector = new Libc.IoVector { Base = start, Length = (nuint)frame.Length };
            var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (descriptor >= 0)
            {
                message.Control = &control;
                message.ControlLength = (nuint)sizeof(Libc.DescriptorControl);
            }
            return Libc.SendMessage(_socket, &message, Libc.NoSignal);
        }
    }
}
