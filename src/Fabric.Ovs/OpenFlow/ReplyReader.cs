using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Decodes the bodies of replies.</summary>
internal static class ReplyReader
{
    private const int NameLength = 16;

    /// <summary>The entries of one part of a flow description (ofp_flow_desc; OpenFlow 1.5.1, 7.3.5.2).</summary>
    internal static void ReadFlows(ReadOnlySpan<byte> body, List<FlowStatistics> into)
    {
        while (body.Length >= 2)
        {
            var length = (body[0] << 8) | body[1];
            if (length < 24 || length > body.Length)
                throw OpenFlowException.Malformed($"flow description of length {length}");
            into.Add(ReadFlow(body[..length]));
            body = body[length..];
        }
    }

    /// <summary>The entries of one part of a port description.</summary>
    internal static void ReadPorts(ReadOnlySpan<byte> body, List<PortDescription> into)
    {
        while (body.Length > 0)
        {
            var r = new WireReader(body);
            var port = r.U32();
            var length = r.U16();
            if (length < 40 || length > body.Length)
                throw OpenFlowException.Malformed($"port description of length {length}");
            r.Skip(2);
            var address = (ulong)r.Number(6);
            r.Skip(2);
            var name = r.Take(NameLength);
            var end = name.IndexOf((byte)0);
            into.Add(new PortDescription(
                port, Encoding.UTF8.GetString(end < 0 ? name : name[..end]), new EthAddr(address),
                (r.U32() & 1) != 0, (r.U32() & 1) != 0));
            body = body[length..];
        }
    }

    internal static SwitchFeatures ReadFeatures(ReadOnlySpan<byte> body)
    {
        var r = new WireReader(body);
        var datapath = r.U64();
        r.Skip(4);
        var tables = r.U8();
        r.Skip(3);
        return new SwitchFeatures(datapath, tables, r.U32());
    }

    private static FlowStatistics ReadFlow(ReadOnlySpan<byte> entry)
    {
        var r = new WireReader(entry);
        r.Skip(4);
        var table = r.U8();
        r.Skip(1);
        var priority = r.U16();
        var idle = r.U16();
        var hard = r.U16();
        var flags = (FlowFlags)r.U16();
        var importance = r.U16();
        var cookie = r.U64();
        var match = MatchReader.Read(ref r);
        var (packets, bytes, age) = ReadStatistics(ref r);
        var flow = new Flow
        {
            Table = table, Priority = priority, Cookie = cookie, Match = match, IdleTimeout = idle,
            HardTimeout = hard, Flags = flags, Importance = importance,
            Actions = ActionReader.ReadInstructions(r.Take(r.Remaining)),
        };
        return new FlowStatistics(flow, packets, bytes, age);
    }

    /// <summary>OXS statistics (OpenFlow 1.5.1, 7.2.4.1): reserved, length, entries of class 0x8002, padding.</summary>
    private static (ulong Packets, ulong Bytes, TimeSpan Age) ReadStatistics(ref WireReader r)
    {
        r.Skip(2);
        var length = r.U16();
        if (length < 4) throw OpenFlowException.Malformed($"statistics of length {length}");
        var entries = new WireReader(r.Take(length - 4));
        r.Skip(-length & 7);
        ulong packets = 0, bytes = 0;
        var age = TimeSpan.Zero;
        while (entries.Remaining > 0)
        {
            var header = entries.U32();
            var value = new WireReader(entries.Take((int)(header & 0xff)));
            switch (header >> 9)
            {
                case (0x8002 << 7) | 0:
                    age = TimeSpan.FromSeconds(value.U32()) + TimeSpan.FromTicks(value.U32() / 100);
                    break;
                case (0x8002 << 7) | 4:
                    packets = value.U64();
                    break;
                case (0x8002 << 7) | 5:
                    bytes = value.U64();
                    break;
            }
        }

        return (packets, bytes, age);
    }
}
