namespace Fabric.Ovs.Ovsdb;

/// <summary>The atomic types of RFC 7047 section 3.2, and the named uuid of section 5.1.</summary>
public enum OvsdbAtomKind
{
    /// <summary>A signed 64-bit integer.</summary>
    Integer,

    /// <summary>A finite IEEE 754 double.</summary>
    Real,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Unicode text without NUL.</summary>
    String,

    /// <summary>The uuid of a row.</summary>
    Uuid,

    /// <summary>The name that an insert of the same transaction gave to its row.</summary>
    NamedUuid,
}
