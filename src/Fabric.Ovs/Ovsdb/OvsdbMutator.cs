namespace Fabric.Ovs.Ovsdb;

/// <summary>What a mutation does (RFC 7047, section 5.1, <c>&lt;mutator&gt;</c>).</summary>
public enum OvsdbMutator
{
    /// <summary><c>+=</c></summary>
    Add,

    /// <summary><c>-=</c></summary>
    Subtract,

    /// <summary><c>*=</c></summary>
    Multiply,

    /// <summary><c>/=</c></summary>
    Divide,

    /// <summary><c>%=</c>, for integers.</summary>
    Modulo,

    /// <summary><c>insert</c> into a set or map. A key that a map already has keeps its old value.</summary>
    Insert,

    /// <summary><c>delete</c> from a set or map. A set deletes keys of a map; a map deletes equal pairs.</summary>
    Delete,
}
