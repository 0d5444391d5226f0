namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// How a condition compares a column with its value (RFC 7047, section 5.1, <c>&lt;function&gt;</c>).
/// </summary>
public enum OvsdbFunction
{
    /// <summary><c>==</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>includes</c>: the column holds every element or pair of the value.</summary>
    Includes,

    /// <summary><c>excludes</c>: the column holds no element or pair of the value.</summary>
    Excludes,

    /// <summary><c>&lt;</c>, for integer and real columns.</summary>
    Less,

    /// <summary><c>&lt;=</c>, for integer and real columns.</summary>
    LessOrEqual,

    /// <summary><c>&gt;</c>, for integer and real columns.</summary>
    Greater,

    /// <summary><c>&gt;=</c>, for integer and real columns.</summary>
    GreaterOrEqual,
}
