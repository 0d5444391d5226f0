namespace Fabric.Ovs.Ovsdb;

/// <summary>One change of a column in place (RFC 7047, section 5.1, <c>&lt;mutation&gt;</c>).</summary>
public sealed record OvsdbMutation(string Column, OvsdbMutator Mutator, OvsdbValue Value)
{
    /// <summary>
    /// Sets the pairs in a map column and leaves its other pairs: delete the keys, then insert the pairs, because an
    /// insert alone keeps the old value of a key that is there.
    /// </summary>
    public static IEnumerable<OvsdbMutation> SetPairs(string column, OvsdbValue pairs) =>
    [
        new(column, OvsdbMutator.Delete, OvsdbValue.Set(pairs.Keys)),
        new(column, OvsdbMutator.Insert, pairs),
    ];
}
