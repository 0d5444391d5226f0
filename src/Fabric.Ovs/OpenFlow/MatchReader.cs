namespace Fabric.Ovs.OpenFlow;

/// <summary>Decodes OXM matches.</summary>
internal static class MatchReader
{
    private const uint PacketTypeId = (0x8000 << 7) | 44;

    /// <summary>Reads a match with its padding.</summary>
    internal static Match Read(ref WireReader r)
    {
        var type = r.U16();
        var length = r.U16();
        if (type != 1 || length < 4) throw OpenFlowException.Malformed($"match of type {type}, length {length}");
        var entries = new WireReader(r.Take(length - 4));
        r.Skip(-length & 7);
        var match = Match.Any;
        while (entries.Remaining > 0) match = ReadEntry(ref entries, match);
        return match;
    }

    private static Match ReadEntry(ref WireReader r, Match match)
    {
        var header = r.U32();
        var length = (int)(header & 0xff);
        var masked = (header & 0x100) != 0;
        var body = r.Take(length);
        var value = new WireReader(body);
        if (OxmRegistry.Find(header) is { } field && length == (masked ? 2 * field.Bytes : field.Bytes))
        {
            return match.Put(field, value.Number(field.Bytes), masked ? value.Number(field.Bytes) : field.FullMask);
        }

        // Open vSwitch states the packet type "Ethernet" when no other field implies it; it is the only type that
        // this library sends flows for.
        if (header >> 9 == PacketTypeId && length == 4 && value.U32() == 0) return match;
        Span<byte> entry = stackalloc byte[4 + 255];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(entry, header);
        body.CopyTo(entry[4..]);
        return match.WithOpaque(entry[..(4 + length)]);
    }
}
