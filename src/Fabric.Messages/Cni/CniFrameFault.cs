namespace Fabric.Messages.Cni;

/// <summary>Why bytes are not a frame. A reader that meets any of these closes the connection.</summary>
public enum CniFrameFault
{
    None,

    /// <summary>Fewer bytes than a header: read on.</summary>
    Incomplete,

    /// <summary>The peer doesn't speak this protocol at all.</summary>
    WrongMagic,

    /// <summary>The peer speaks another version; the header's version says which.</summary>
    OtherVersion,

    /// <summary>A kind that this version doesn't know, or one that is out of turn.</summary>
    UnknownKind,

    /// <summary>The header announces more than <see cref="CniProtocol.MaxFrameLength"/>.</summary>
    TooLong,

    /// <summary>A field reaches past the payload's end.</summary>
    Truncated,

    /// <summary>Bytes are left after the last field.</summary>
    TrailingBytes,

    /// <summary>A field's value is outside its range.</summary>
    BadValue,
}
