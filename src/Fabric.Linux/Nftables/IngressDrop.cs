using System.Runtime.InteropServices;
using Fabric.Linux.Netlink;

namespace Fabric.Linux.Nftables;

/// <summary>Keeps the kernel's own network stack off the devices of an Open vSwitch netdev bridge.</summary>
/// <remarks>
/// The userspace datapath reads a device by a packet socket; the kernel sees each frame too and would answer it:
/// duplicate replies, ARP with the wrong address. A netdev-family chain at ingress with policy drop stops that,
/// since packet sockets get the frame before. Spoken to the kernel directly (nfnetlink, linux/netfilter/nf_tables.h):
/// each pod's attachment waits for it, and this way it takes a quarter of libnftables' time, does not queue behind
/// that library's lock, and fails with an errno. Bound to a namespace; thread-safe.
/// </remarks>
public sealed class IngressDrop : IDisposable
{
    private const string Prefix = "drop-";
    private const ushort BatchBegin = 0x10, BatchEnd = 0x11, Subsystem = 10 << 8;
    private const ushort NewTable = Subsystem, NewChain = Subsystem | 3, GetChain = Subsystem | 4;
    private const ushort DeleteChain = Subsystem | 5;
    private const byte NetdevFamily = 5;
    private const ushort TableName = 1, ChainTable = 1, ChainName = 3, ChainHook = 4, ChainPolicy = 5, ChainType = 7;
    private const ushort HookNumber = 1, HookPriority = 2, HookDevice = 3;
    private const int HeaderLength = 4;

    private readonly NetlinkSocket _socket;
    private readonly string _table;

    private IngressDrop(NetlinkSocket socket, string table)
    {
        _socket = socket;
        _table = table;
    }

    /// <summary>Works in the namespace of this process.</summary>
    /// <param name="table">The netdev-family table that holds the chains; made when needed.</param>
    /// <exception cref="SystemCallException">The kernel refuses the socket.</exception>
    public static IngressDrop Open(string table = "fabric") =>
        new(NetlinkSocket.Open(NetlinkSocket.NetfilterFamily), table);

    /// <summary>Works inside a namespace.</summary>
    /// <inheritdoc cref="Open"/>
    public static IngressDrop OpenIn(NetworkNamespace target, string table = "fabric") =>
        target.Run(() => Open(table));

    /// <summary>Makes the table if it is not there, so that the first device adds nothing but its own chain.</summary>
    /// <exception cref="NetlinkException">The kernel lacks nf_tables.</exception>
    public void MakeTable() => _socket.ExecuteWhole(Transaction(WriteTable));

    /// <summary>Drops what comes in on a device from now on; a repetition renews the chain.</summary>
    /// <remarks>A chain may be left of an earlier device of that name, and then holds nothing back: so an existing one
    /// is always replaced, in one transaction.</remarks>
    /// <exception cref="NetlinkException">There is no such device (newer kernels accept that, and hook the chain when
    /// the device comes), or the kernel lacks nf_tables.</exception>
    public void Add(string device)
    {
        try
        {
            _socket.ExecuteWhole(Transaction(batch => WriteNew(batch, device)));
        }
        catch (NetlinkException exception) when (exception.IsAlreadyPresent)
        {
            _socket.ExecuteWhole(Transaction(batch =>
            {
                WriteDelete(batch, device);
                WriteNew(batch, device);
            }));
        }
    }

    /// <summary>Removes the chain of a device, whether the device still exists or not.</summary>
    /// <returns>False when there was none.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool Remove(string device)
    {
        try
        {
            _socket.ExecuteWhole(Transaction(batch => WriteDelete(batch, device)));
            return true;
        }
        catch (NetlinkException exception) when (exception.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Lists the chains of the table.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<IngressDropChain> List() => _socket.List(
        $"list chains of table {_table}", GetChain, static writer => writer.Put(new Header { Family = NetdevFamily }),
        Parse);

    /// <summary>Closes the socket; the chains stay.</summary>
    public void Dispose() => _socket.Dispose();

    private static NetlinkBatch Transaction(Action<NetlinkBatch> write)
    {
        var batch = new NetlinkBatch();
        var subsystem = new Header { Resource = 10 << 8 }; // NFNL_SUBSYS_NFTABLES in network order
        batch.AddUnacknowledged(BatchBegin, 0, "begin nftables transaction").Put(subsystem);
        write(batch);
        batch.AddUnacknowledged(BatchEnd, 0, "commit nftables transaction").Put(subsystem);
        return batch;
    }

    private void WriteTable(NetlinkBatch batch)
    {
        var writer = batch.Add(NewTable, NetlinkBatch.Create, $"add table netdev {_table}");
        writer.Put(new Header { Family = NetdevFamily });
        writer.Text(TableName, _table);
    }

    private void WriteNew(NetlinkBatch batch, string device)
    {
        WriteTable(batch);
        var writer = batch.Add(NewChain, NetlinkBatch.Create | NetlinkBatch.Exclusive, $"add ingress drop chain of {device}");
        writer.Put(new Header { Family = NetdevFamily });
        writer.Text(ChainTable, _table);
        writer.Text(ChainName, Prefix + device);
        var hook = writer.BeginNest(ChainHook);
        writer.BigEndianU32(HookNumber, 0); // NF_NETDEV_INGRESS
        writer.BigEndianU32(HookPriority, 0);
        writer.Text(HookDevice, device);
        writer.EndNest(hook);
        writer.BigEndianU32(ChainPolicy, 0); // NF_DROP
        writer.Text(ChainType, "filter");
    }

    private void WriteDelete(NetlinkBatch batch, string device)
    {
        var writer = batch.Add(DeleteChain, 0, $"delete ingress drop chain of {device}");
        writer.Put(new Header { Family = NetdevFamily });
        writer.Text(ChainTable, _table);
        writer.Text(ChainName, Prefix + device);
    }

    private IngressDropChain? Parse(ReadOnlySpan<byte> body)
    {
        string table = "", name = "";
        string? device = null;
        var attributes = NetlinkAttributes.After(body, HeaderLength);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case ChainTable: table = attributes.Text(); break;
                case ChainName: name = attributes.Text(); break;
                case ChainHook: device = DeviceOf(attributes.Nested()); break;
            }
        }
        return table == _table ? new IngressDropChain(name, device) : null;
    }

    private static string? DeviceOf(NetlinkAttributes hook)
    {
        while (hook.Next())
        {
            if (hook.Type == HookDevice)
                return hook.Text();
        }
        return null;
    }

    /// <summary><c>struct nfgenmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public byte Family;
        public byte Version;
        public ushort Resource;
    }
}
