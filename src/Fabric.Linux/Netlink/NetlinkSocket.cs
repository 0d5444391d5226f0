using System.Buffers;
using System.Runtime.InteropServices;
using Fabric.Linux.Interop;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Linux.Netlink;

/// <summary>A netlink socket; it stays bound to the network namespace in which it was opened.</summary>
/// <remarks>
/// Calls are serialized by a lock and may come from any thread. The kernel handles a request inside sendmsg
/// (netlink(7)), so an exchange takes no waiting and can't hang on a peer; the socket's receive timeout of
/// 10 seconds only guards a dump. Errors carry the kernel's text (NETLINK_EXT_ACK, Linux 4.12) and requests are
/// checked strictly (NETLINK_GET_STRICT_CHK, Linux 4.20).
/// </remarks>
public sealed class NetlinkSocket : IDisposable
{
    internal const int RouteFamily = 0, NetfilterFamily = 12;

    private const int OptionAddMembership = 1, OptionCapAck = 10, OptionExtAck = 11, OptionStrictCheck = 12;
    private const ushort TypeError = 2, TypeDone = 3;
    private const ushort FlagMulti = 0x2, FlagDumpInterrupted = 0x10, FlagCapped = 0x100, FlagAckTlvs = 0x200;

    // Acks wait in the socket's receive buffer (208 KB by default, about 1 KB accounted for each).
    private const int ChunkMessages = 64;
    private const int ReceiveBytes = 64 * 1024;
    private const int DumpAttempts = 16;

    private readonly Lock _gate = new();
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle handle) => Handle = handle;

    internal SafeFileHandle Handle { get; }

    /// <summary>Opens a socket of a netlink family in the calling thread's network namespace.</summary>
    /// <exception cref="SystemCallException">The kernel refuses the socket.</exception>
    internal static unsafe NetlinkSocket Open(int family, uint group = 0)
    {
        var operation = $"open netlink socket of family {family}";
        var handle = Libc.Owned(
            Libc.Socket(Libc.AfNetlink, Libc.SockRaw | Libc.SockCloexec, family), operation);
        try
        {
            var address = new SocketAddress { Family = Libc.AfNetlink };
            Check(Libc.Bind(handle, &address, (uint)sizeof(SocketAddress)), operation);
            SetOption(handle, OptionExtAck, 1, required: false);
            SetOption(handle, OptionCapAck, 1, required: false);
            if (family == RouteFamily)
                SetOption(handle, OptionStrictCheck, 1, required: false);
            var timeout = stackalloc long[2] { 10, 0 };
            Check(Libc.SetSocketOption(handle, Libc.SolSocket, Libc.SoReceiveTimeout, timeout, 16), operation);
            if (group != 0)
                SetOption(handle, OptionAddMembership, (int)group, required: true);
            return new NetlinkSocket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Sends the requests in order and waits for every acknowledgement.</summary>
    /// <exception cref="NetlinkException">The first request that failed; later ones were tried all the same.
    /// </exception>
    internal void Execute(NetlinkBatch batch)
    {
        lock (_gate)
        {
            batch.Writer.EndMessage();
            NetlinkException? failure = null;
            for (var first = 0; first < batch.Entries.Count; first += ChunkMessages)
            {
                var count = Math.Min(ChunkMessages, batch.Entries.Count - first);
                ExecuteChunk(batch, first, count, ref failure);
            }
            if (failure is not null)
                throw failure;
        }
    }

    /// <summary>Runs a batch that must reach the kernel in one piece (an nfnetlink transaction).</summary>
    internal void ExecuteWhole(NetlinkBatch batch)
    {
        lock (_gate)
        {
            batch.Writer.EndMessage();
            NetlinkException? failure = null;
            ExecuteChunk(batch, 0, batch.Entries.Count, ref failure);
            if (failure is not null)
                throw failure;
        }
    }

    /// <summary>Lists objects. Repeats the dump when the kernel says the list changed underneath it.</summary>
    /// <param name="operation">For the error.</param>
    /// <param name="type">The request's message type.</param>
    /// <param name="write">Writes the request's header and attributes.</param>
    /// <param name="parse">Turns one message's body into an item, or null to leave it out.</param>
    /// <exception cref="NetlinkException">The dump failed, or was interrupted 16 times in a row.</exception>
    internal List<T> List<T>(
        string operation, ushort type, Action<NetlinkWriter> write, Func<ReadOnlySpan<byte>, T?> parse)
        where T : class
    {
        lock (_gate)
        {
            for (var attempt = 0; attempt < DumpAttempts; attempt++)
            {
                var items = new List<T>();
                if (TryDump(operation, type, write, parse, items))
                    return items;
            }
            throw new NetlinkException(operation, Errno.Busy, "the list kept changing while it was read");
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => Handle.Dispose();

    private void ExecuteChunk(NetlinkBatch batch, int first, int count, ref NetlinkException? failure)
    {
        var start = batch.Entries[first].Offset;
        var end = first + count < batch.Entries.Count ? batch.Entries[first + count].Offset : batch.Writer.Length;
        var baseSequence = _sequence + 1;
        var pending = 0;
        for (var i = 0; i < count; i++)
        {
            batch.Writer.SetSequence(batch.Entries[first + i].Offset, ++_sequence);
            pending += batch.Entries[first + i].Acknowledged ? 1 : 0;
        }
        Send(batch.Writer.Written[start..end], batch.Entries[first].Operation);
        var answered = new bool[count];
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        try
        {
            while (pending > 0)
            {
                var length = Receive(buffer, Libc.MsgDontWait, batch.Entries[first].Operation);
                if (length < 0)
                    break;
                var messages = new NetlinkMessages(buffer.AsSpan(0, length));
                while (messages.Next())
                {
                    var index = messages.Sequence - baseSequence;
                    if (index >= (uint)count)
                        continue;
                    var entry = batch.Entries[first + (int)index];
                    if (messages.Type != TypeError)
                    {
                        entry.Reply?.Invoke(messages.Type, messages.Body);
                        continue;
                    }
                    pending -= entry.Acknowledged && !answered[index] ? 1 : 0;
                    answered[index] = true;
                    failure ??= ErrorOf(entry.Operation, messages.Flags, messages.Body);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (pending > 0)
            failure ??= new NetlinkException(batch.Entries[first].Operation, Errno.TimedOut, "no acknowledgement");
    }

    private bool TryDump<T>(
        string operation, ushort type, Action<NetlinkWriter> write, Func<ReadOnlySpan<byte>, T?> parse, List<T> items)
        where T : class
    {
        var writer = new NetlinkWriter();
        writer.SetSequence(writer.BeginMessage(type, NetlinkBatch.Request | NetlinkBatch.Dump), ++_sequence);
        write(writer);
        writer.EndMessage();
        Send(writer.Written, operation);
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        var consistent = true;
        try
        {
            while (true)
            {
                var length = Receive(buffer, 0, operation);
                if (length < 0)
                    throw new NetlinkException(operation, Errno.TimedOut, "the dump did not end");
                var messages = new NetlinkMessages(buffer.AsSpan(0, length));
                while (messages.Next())
                {
                    if (messages.Sequence != _sequence)
                        continue;
                    consistent &= (messages.Flags & FlagDumpInterrupted) == 0;
                    if (messages.Type is TypeDone or TypeError)
                    {
                        if (ErrorOf(operation, messages.Flags, messages.Body, messages.Type) is { } error)
                            throw error;
                        return consistent;
                    }
                    if (parse(messages.Body) is { } item)
                        items.Add(item);
                    if ((messages.Flags & FlagMulti) == 0)
                        return consistent;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private unsafe void Send(ReadOnlySpan<byte> bytes, string operation)
    {
        var kernel = new SocketAddress { Family = Libc.AfNetlink };
        fixed (byte* data = bytes)
        {
            while (Libc.SendTo(Handle, data, (nuint)bytes.Length, 0, &kernel, (uint)sizeof(SocketAddress)) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.Interrupted)
                    throw new NetlinkException(operation, errno, "sendmsg on the netlink socket failed");
            }
        }
    }

    /// <returns>The datagram's length, or -1 when there is none.</returns>
    private unsafe int Receive(byte[] buffer, int flags, string operation)
    {
        fixed (byte* data = buffer)
        {
            while (true)
            {
                SocketAddress sender;
                var senderLength = (uint)sizeof(SocketAddress);
                var length = Libc.ReceiveFrom(
                    Handle, data, (nuint)buffer.Length, flags | Libc.MsgTrunc, &sender, &senderLength);
                if (length > buffer.Length)
                    throw new NetlinkException(operation, Errno.BadMessage, $"an answer of {length} bytes");
                // Only the kernel has port id 0; what another process sends here is ignored.
                if (length >= 0 && sender.PortId == 0)
                    return (int)length;
                var errno = Marshal.GetLastPInvokeError();
                if (length < 0 && errno == Errno.Again)
                    return -1;
                if (length < 0 && errno != Errno.Interrupted)
                    throw new NetlinkException(operation, errno, "reading the netlink socket failed");
            }
        }
    }

    /// <summary>Decodes NLMSG_ERROR or the result in NLMSG_DONE; null means success.</summary>
    internal static NetlinkException? ErrorOf(
        string operation, ushort flags, ReadOnlySpan<byte> body, ushort type = TypeError)
    {
        var errno = body.Length >= 4 ? -MemoryMarshal.Read<int>(body) : 0;
        if (errno <= 0)
            return null;
        string? text = null;
        if ((flags & FlagAckTlvs) != 0)
        {
            var skip = 4;
            if (type == TypeError && body.Length >= 8)
            {
                // The request's header follows, and the request itself unless the kernel left it out.
                var capped = (flags & FlagCapped) != 0;
                var echoed = capped ? NetlinkWriter.HeaderLength : MemoryMarshal.Read<int>(body[4..]);
                skip += NetlinkWriter.Align(Math.Clamp(echoed, 0, body.Length));
            }
            var attributes = NetlinkAttributes.After(body, skip);
            while (attributes.Next())
                text = attributes.Type == 1 ? attributes.Text() : text;
        }
        return new NetlinkException(operation, errno, text);
    }

    private static unsafe void SetOption(SafeFileHandle handle, int option, int value, bool required)
    {
        // The optional ones only improve messages; a kernel older than they are still works without.
        if (Libc.SetSocketOption(handle, Libc.SolNetlink, option, &value, sizeof(int)) < 0 && required)
            throw SystemCallException.FromLastError($"set netlink socket option {option} to {value}");
    }

    private static void Check(int result, string operation)
    {
        if (result < 0)
            throw SystemCallException.FromLastError(operation);
    }

    /// <summary><c>struct sockaddr_nl</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SocketAddress
    {
        public ushort Family;
        public ushort Pad;
        public uint PortId;
        public uint Groups;
    }
}
