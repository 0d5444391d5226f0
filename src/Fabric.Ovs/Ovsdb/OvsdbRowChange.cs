namespace Fabric.Ovs.Ovsdb;

/// <summary>What a commit did to one row: inserted (no before), deleted (no after) or modified.</summary>
public sealed record OvsdbRowChange(string Table, Guid Uuid, OvsdbRow? Before, OvsdbRow? After);
