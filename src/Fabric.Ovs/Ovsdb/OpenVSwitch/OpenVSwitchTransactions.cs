using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>Transactions on the Open_vSwitch database as values; nothing here sends anything.</summary>
/// <remarks>
/// Each begins by asserting what it relies on. Port and Interface rows are no roots: inserted beside a bridge that has
/// gone they would vanish silently, and the transaction would be a success.
/// </remarks>
public static class OpenVSwitchTransactions
{
    /// <summary>
    /// Makes the bridge with its LOCAL port, or changes only what differs; <see cref="OvsdbTransaction.Empty"/> when
    /// nothing does. Fails with <see cref="OvsdbErrorCode.TimedOut"/> when the bridge was made or deleted since
    /// <paramref name="view"/>.
    /// </summary>
    /// <remarks>
    /// LOCAL is a tap of the kernel that survives ovs-vswitchd, with its addresses; it goes only when ovs-vswitchd runs
    /// while its bridge is deleted. So a new bridge may find an old device with addresses of before.
    /// </remarks>
    public static OvsdbTransaction EnsureBridge(OpenVSwitchView view, BridgeSpec spec) =>
        view.Bridges.TryGetValue(spec.Name, out var actual) ? ChangeBridge(actual, spec) : InsertBridge(spec);

    /// <summary>Deletes the bridge with its ports and flows; does nothing when the bridge has gone.</summary>
    public static OvsdbTransaction RemoveBridge(BridgeRow bridge) => OvsdbTransaction.Empty.With(
        new OvsdbOperation.Mutate(
            OpenVSwitchRow.Table, [], [new("bridges", OvsdbMutator.Delete, bridge.Uuid)]));

    /// <summary>
    /// Adds all ports at once. Fails with <see cref="OvsdbErrorCode.TimedOut"/> at operation 0 when there is no such
    /// bridge, and with <see cref="OvsdbErrorCode.ConstraintViolation"/> when a name is taken.
    /// </summary>
    public static OvsdbTransaction AddPorts(string bridge, params ImmutableArray<PortSpec> ports)
    {
        var transaction = OvsdbTransaction.Empty.AssertNamed(BridgeRow.Table, bridge);
        var added = new List<OvsdbAtom>(ports.Length);
        foreach (var spec in ports)
        {
            transaction = transaction
                .Insert(InterfaceRow.Table, spec.InterfaceColumns, out var device)
                .Insert(
                    PortRow.Table,
                    OvsdbRow.Empty
                        .With("name", spec.Name)
                        .With("interfaces", device)
                        .With("external_ids", OvsdbValue.TextMap(spec.PortExternalIds)),
                    out var port);
            added.Add(port);
        }

        return transaction.With(new OvsdbOperation.Mutate(
            BridgeRow.Table,
            [OvsdbCondition.Equal("name", bridge)],
            [new("ports", OvsdbMutator.Insert, OvsdbValue.Set(added))]));
    }

    /// <summary>
    /// Takes one port off its bridge; does nothing when either has gone. One port for each transaction: the userspace
    /// datapath stops forwarding for about 15 ms for each port that it deletes.
    /// </summary>
    public static OvsdbTransaction RemovePort(string bridge, Guid port) => OvsdbTransaction.Empty.With(
        new OvsdbOperation.Mutate(
            BridgeRow.Table,
            [OvsdbCondition.Equal("name", bridge)],
            [new("ports", OvsdbMutator.Delete, port)]));

    /// <summary>
    /// Counts <c>next_cfg</c> up and reads it, in the last two operations. ovs-vswitchd copies the number into
    /// <c>cur_cfg</c> when it has carried the transaction out, also when a device could not be set up.
    /// </summary>
    public static OvsdbTransaction WithNextConfig(this OvsdbTransaction transaction) => transaction.With(
        new OvsdbOperation.Mutate(OpenVSwitchRow.Table, [], [new("next_cfg", OvsdbMutator.Add, 1)]),
        new OvsdbOperation.Select(OpenVSwitchRow.Table, [], ["next_cfg"]));

    /// <summary>
    /// While true, an ovs-vswitchd that starts leaves the datapath's old flows alone, until this is false again. Flows,
    /// groups and meters are gone after any restart and must be installed before that.
    /// </summary>
    public static OvsdbTransaction FlowRestoreWait(bool wait)
    {
        var mutations = wait
            ? OvsdbMutation.SetPairs("other_config", OvsdbValue.TextMap([new("flow-restore-wait", "true")]))
            : [new("other_config", OvsdbMutator.Delete, OvsdbValue.Of("flow-restore-wait"))];
        return OvsdbTransaction.Empty.With(new OvsdbOperation.Mutate(OpenVSwitchRow.Table, [], [.. mutations]));
    }

    private static OvsdbTransaction InsertBridge(BridgeSpec spec)
    {
        var columns = OvsdbRow.Empty
            .With("name", spec.Name)
            .With("datapath_type", spec.DatapathType)
            .With("fail_mode", spec.FailMode)
            .With("external_ids", OvsdbValue.TextMap(spec.ExternalIds))
            .With("other_config", OvsdbValue.TextMap(spec.AllOtherConfig));
        if (!spec.Protocols.IsEmpty)
            columns = columns.With("protocols", SetOf(spec.Protocols));
        return OvsdbTransaction.Empty
            .AssertNotNamed(BridgeRow.Table, spec.Name)
            .Insert(
                InterfaceRow.Table, OvsdbRow.Empty.With("name", spec.Name).With("type", "internal"), out var device)
            .Insert(PortRow.Table, OvsdbRow.Empty.With("name", spec.Name).With("interfaces", device), out var port)
            .Insert(BridgeRow.Table, columns.With("ports", port), out var bridge)
            .With(new OvsdbOperation.Mutate(
                OpenVSwitchRow.Table, [], [new("bridges", OvsdbMutator.Insert, bridge)]));
    }

    private static OvsdbTransaction ChangeBridge(BridgeRow actual, BridgeSpec spec)
    {
        var columns = OvsdbRow.Empty;
        if (actual.DatapathType != spec.DatapathType)
            columns = columns.With("datapath_type", spec.DatapathType);
        if (actual.FailMode != spec.FailMode)
            columns = columns.With("fail_mode", spec.FailMode);
        if (!spec.Protocols.IsEmpty && !SetOf(actual.Protocols).Equals(SetOf(spec.Protocols)))
            columns = columns.With("protocols", SetOf(spec.Protocols));

        ImmutableArray<OvsdbMutation> mutations =
        [
            .. Missing("external_ids", actual.ExternalIds, spec.ExternalIds),
            .. Missing("other_config", actual.OtherConfig, spec.AllOtherConfig),
        ];
        if (columns.Count == 0 && mutations.IsEmpty)
            return OvsdbTransaction.Empty;

        ImmutableArray<OvsdbCondition> where = [OvsdbCondition.Row(actual.Uuid)];
        var transaction = OvsdbTransaction.Empty.AssertNamed(BridgeRow.Table, spec.Name);
        if (columns.Count > 0)
            transaction = transaction.With(new OvsdbOperation.Update(BridgeRow.Table, where, columns));
        return mutations.IsEmpty
            ? transaction
            : transaction.With(new OvsdbOperation.Mutate(BridgeRow.Table, where, mutations));
    }

    private static IEnumerable<OvsdbMutation> Missing(
        string column,
        ImmutableSortedDictionary<string, string> actual,
        ImmutableSortedDictionary<string, string> wanted)
    {
        var missing = wanted.Where(pair => !actual.Contains(pair)).ToArray();
        return missing.Length == 0 ? [] : OvsdbMutation.SetPairs(column, OvsdbValue.TextMap(missing));
    }

    private static OvsdbValue SetOf(ImmutableArray<string> texts) =>
        OvsdbValue.Set(texts.Select(OvsdbAtom.String));
}
