using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using System.Text;

namespace Fabric.Linux.Netlink;

/// <summary>Walks the attributes (struct nlattr) of one message; stops at the first that does not fit.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>The type without NLA_F_NESTED and NLA_F_NET_BYTEORDER.</summary>
    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        if (_rest.Length < 4)
            return false;
        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length)
            return false;
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & 0x3fff);
        Value = _rest[4..length];
        _rest = _rest[Math.Min(NetlinkWriter.Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>The attributes behind a message's fixed header of <paramref name="headerLength"/> bytes.</summary>
    public static NetlinkAttributes After(ReadOnlySpan<byte> body, int headerLength) =>
        new(body.Length <= headerLength ? [] : body[headerLength..]);

    public readonly uint U32() => Value.Length >= 4 ? MemoryMarshal.Read<uint>(Value) : 0;

    public readonly uint BigEndianU32() => Value.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(Value) : 0;

    public readonly string Text()
    {
        var end = Value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }

    /// <summary>The address, or null when the length is that of neither family.</summary>
    public readonly IPAddress? Address() => Value.Length is 4 or 16 ? new IPAddress(Value) : null;

    public readonly PhysicalAddress Mac() => new(Value.ToArray());

    public readonly NetlinkAttributes Nested() => new(Value);
}
