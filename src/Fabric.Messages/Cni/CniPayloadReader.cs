using System.Buffers.Binary;
using System.Text;

namespace Fabric.Messages.Cni;

/// <summary>Reads a payload's fields in order; after the first fault every field reads as empty, so one check at the
/// end suffices.</summary>
public ref struct CniPayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>The first fault met.</summary>
    public CniFrameFault Fault { get; private set; }

    public uint UInt32()
    {
        if (_rest.Length < 4)
            return Fail(CniFrameFault.Truncated);
        var value = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        _rest = _rest[4..];
        return value;
    }

    public int Int32() => (int)UInt32();

    /// <summary>A length-prefixed run of bytes; a view into the payload.</summary>
    public ReadOnlySpan<byte> Blob()
    {
        var length = UInt32();
        if (Fault != CniFrameFault.None)
            return default;
        if (length > (uint)_rest.Length)
        {
            Fail(CniFrameFault.Truncated);
            return default;
        }
        var blob = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return blob;
    }

    /// <summary>A blob as text. Bytes that are not UTF-8 become U+FFFD, which no later check accepts as a
    /// name.</summary>
    public string Text() => Encoding.UTF8.GetString(Blob());

    /// <summary>Records that a field's value is outside its range.</summary>
    public void Refuse() => Fail(CniFrameFault.BadValue);

    /// <summary>The verdict over the whole payload: the first fault, or bytes left over.</summary>
    public readonly CniFrameFault End() =>
        Fault == CniFrameFault.None && _rest.Length > 0 ? CniFrameFault.TrailingBytes : Fault;

    private uint Fail(CniFrameFault fault)
    {
        if (Fault == CniFrameFault.None)
            Fault = fault;
        _rest = default;
        return 0;
    }
}
