namespace Fabric.Linux.Netlink;

/// <summary>Takes one data message that answers a request: its type and what follows the header.</summary>
internal delegate void NetlinkReply(ushort type, ReadOnlySpan<byte> body);

/// <summary>Requests for one sendmsg; the kernel handles them in order and does not stop at a refused one.</summary>
internal sealed class NetlinkBatch
{
    public const ushort Request = 0x1, Ack = 0x4, Dump = 0x300;
    public const ushort Replace = 0x100, Exclusive = 0x200, Create = 0x400;

    public readonly record struct Entry(int Offset, string Operation, NetlinkReply? Reply, bool Acknowledged);

    public NetlinkWriter Writer { get; } = new();

    public List<Entry> Entries { get; } = [];

    /// <summary>Starts a request that is acknowledged; write its header and attributes to the result.</summary>
    /// <param name="type">The message type.</param>
    /// <param name="flags">Flags besides NLM_F_REQUEST and NLM_F_ACK.</param>
    /// <param name="operation">What the request does and to what, for the error.</param>
    /// <param name="reply">Takes data messages that answer it.</param>
    public NetlinkWriter Add(ushort type, ushort flags, string operation, NetlinkReply? reply = null)
    {
        var offset = Writer.BeginMessage(type, (ushort)(flags | Request | Ack));
        Entries.Add(new Entry(offset, operation, reply, true));
        return Writer;
    }

    /// <summary>Starts a request the kernel answers only when it fails.</summary>
    public NetlinkWriter AddUnacknowledged(ushort type, ushort flags, string operation)
    {
        var offset = Writer.BeginMessage(type, (ushort)(flags | Request));
        Entries.Add(new Entry(offset, operation, null, false));
        return Writer;
    }
}
