namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// One clause of a where (RFC 7047, section 5.1, <c>&lt;condition&gt;</c>); clauses are joined by "and".
/// </summary>
public sealed record OvsdbCondition(string Column, OvsdbFunction Function, OvsdbValue Value)
{
    /// <summary>The column equals the value.</summary>
    public static OvsdbCondition Equal(string column, OvsdbValue value) => new(column, OvsdbFunction.Equal, value);

    /// <summary>The row is this one.</summary>
    public static OvsdbCondition Row(Guid uuid) => Equal("_uuid", uuid);
}
