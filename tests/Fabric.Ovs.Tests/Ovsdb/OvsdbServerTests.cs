using System.Collections.Immutable;
using Fabric.Lab;
using Fabric.Ovs.Ovsdb;

namespace Fabric.Ovs.Tests.Ovsdb;

/// <summary>The client against a real ovsdb-server; ovs-vswitchd does not run here.</summary>
public sealed class OvsdbServerTests : IDisposable
{
    private static readonly ImmutableArray<OvsdbMonitorTable> Bridges =
        [new("Bridge", ["name", "external_ids", "ports"]), new("Open_vSwitch", ["next_cfg", "bridges"])];

    private readonly ScratchOvs? _ovs = LabRequirements.Missing is null ? ScratchOvs.Start(vswitchd: false) : null;
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(30));

    private CancellationToken Deadline => _deadline.Token;

    public void Dispose()
    {
        _ovs?.Dispose();
        _deadline.Dispose();
    }

    [SkippableFact]
    public async Task An_insert_gives_the_uuid_that_ovs_vsctl_sees()
    {
        await using var client = await ConnectAsync();
        var results = await client.TransactAsync(AddBridge("br0"), Deadline);

        var uuid = results[0].Uuid!.Value;
        Assert.Equal(1, results[1].Count);
        Assert.Equal(uuid.ToString(), _ovs!.Vsctl("get", "Bridge", "br0", "_uuid").Trim());
    }

    [SkippableFact]
    public async Task A_failing_operation_names_itself_and_leaves_nothing_applied()
    {
        await using var client = await ConnectAsync();
        var transaction = AddBridge("br0").With(
            new OvsdbOperation.Update("Bridge", [], OvsdbRow.Empty.With("no_such_column", 1)),
            new OvsdbOperation.Comment("never reached"));

        var failure = await Assert.ThrowsAsync<OvsdbException>(() => client.TransactAsync(transaction, Deadline));

        Assert.Equal(OvsdbErrorCode.UnknownColumn, failure.Code);
        Assert.Equal(2, failure.OperationIndex);
        Assert.Contains("no_such_column", failure.Operation, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
        Assert.False(failure.IsOutcomeUnknown);
        Assert.Equal("", _ovs!.Vsctl("list-br"));
    }

    [SkippableFact]
    public async Task A_commit_that_fails_after_all_operations_succeeded_is_told_apart()
    {
        await using var client = await ConnectAsync();
        var dangling = OvsdbTransaction.Empty.With(new OvsdbOperation.Mutate(
            "Open_vSwitch", [], [new("bridges", OvsdbMutator.Insert, Guid.NewGuid())]));

        var failure = await Assert.ThrowsAsync<OvsdbException>(() => client.TransactAsync(dangling, Deadline));

        Assert.Equal(OvsdbErrorCode.ReferentialIntegrityViolation, failure.Code);
        Assert.Equal(1, failure.OperationIndex);
        Assert.Equal("commit", failure.Operation);
    }

    [SkippableFact]
    public async Task A_monitor_sees_what_ovs_vsctl_changes()
    {
        await using var client = await ConnectAsync();
        await using var monitor = await client.MonitorAsync(Bridges, Deadline);
        using var subscription = monitor.Subscribe();
        Assert.IsType<OvsdbMonitorEvent.Initial>(await subscription.Events.ReadAsync(Deadline));

        _ovs!.Vsctl("--no-wait", "add-br", "br0", "--", "br-set-external-id", "br0", "k", "v");
        var added = Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        var bridge = Assert.Single(added.Changes, change => change.Table == "Bridge");
        Assert.Null(bridge.Before);
        Assert.Equal("br0", bridge.After!["name"].Text);
        Assert.Equal("v", bridge.After["external_ids"].ToTextMap()["k"]);

        _ovs.Vsctl("--no-wait", "br-set-external-id", "br0", "k", "w", "--", "br-set-external-id", "br0", "l", "x");
        var modified = Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        bridge = Assert.Single(modified.Changes, change => change.Table == "Bridge");
        Assert.Equal("v", bridge.Before!["external_ids"].ToTextMap()["k"]);
        Assert.Equal(OvsdbValue.TextMap([new("k", "w"), new("l", "x")]), bridge.After!["external_ids"]);

        _ovs.Vsctl("--no-wait", "del-br", "br0");
        var deleted = Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        bridge = Assert.Single(deleted.Changes, change => change.Table == "Bridge");
        Assert.Null(bridge.After);
        Assert.Empty(monitor.Snapshot["Bridge"]);
    }

    [SkippableFact]
    public async Task A_commit_is_in_the_monitor_when_its_reply_arrives()
    {
        await using var client = await ConnectAsync();
        await using var monitor = await client.MonitorAsync(Bridges, Deadline);
        for (var round = 1; round <= 200; round++)
        {
            await client.TransactAsync(OvsdbTransaction.Empty.With(
                new OvsdbOperation.Mutate("Open_vSwitch", [], [new("next_cfg", OvsdbMutator.Add, 1)])), Deadline);
            Assert.Equal(round, Assert.Single(monitor.Snapshot["Open_vSwitch"]).Value["next_cfg"].Number);
        }
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_restart_of_the_server_the_client_connects_again_and_catches_up(bool killed)
    {
        await using var client = await ConnectAsync();
        await client.TransactAsync(AddBridge("br0").With(AddBridge("br1", "b1")), Deadline);
        await using var monitor = await client.MonitorAsync(Bridges, Deadline);
        using var subscription = monitor.Subscribe();
        await subscription.Events.ReadAsync(Deadline);

        if (killed)
            _ovs!.KillDatabase();
        else
            _ovs!.StopDatabase();
        Assert.IsType<OvsdbMonitorEvent.ConnectionLost>(await subscription.Events.ReadAsync(Deadline));
        Assert.False(monitor.IsCurrent);
        var refused = await Assert.ThrowsAsync<OvsdbException>(() => client.EchoAsync(Deadline));
        Assert.Equal((OvsdbErrorCode.NotConnected, false), (refused.Code, refused.IsOutcomeUnknown));
        LabCommand.Run(
            "ovsdb-tool", "transact", _ovs.DatabaseFile,
            """
            ["Open_vSwitch",{"op":"update","table":"Bridge","where":[["name","==","br1"]],
              "row":{"external_ids":["map",[["k","v"]]]}}]
            """);
        _ovs.StartDatabase();

        var again = Assert.IsType<OvsdbMonitorEvent.Resynchronised>(await subscription.Events.ReadAsync(Deadline));
        Assert.True(again.Complete);
        var change = Assert.Single(again.Changes);
        Assert.Equal((0, 1), (change.Before!["external_ids"].Count, change.After!["external_ids"].Count));
        await client.TransactAsync(AddBridge("br2"), Deadline);
        Assert.Equal(3, monitor.Snapshot["Bridge"].Count);
    }

    [SkippableFact]
    public async Task A_clustered_server_knows_that_nothing_was_missed_while_the_connection_was_cut()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        using var ovs = ScratchOvs.Start(vswitchd: false, clustered: true);
        await using var client = await OvsdbClient.ConnectAsync(
            ovs.Endpoint, "Open_vSwitch", TimeProvider.System, cancellation: Deadline);
        await client.TransactAsync(AddBridge("br0").With(AddBridge("br1", "b1")), Deadline);
        await using var monitor = await client.MonitorAsync(Bridges, Deadline);
        Assert.NotEqual(Guid.Empty, monitor.LastTransactionId);
        using var subscription = monitor.Subscribe();
        await subscription.Events.ReadAsync(Deadline);

        ovs.DatabaseAppctl("ovsdb-server/reconnect");
        Assert.IsType<OvsdbMonitorEvent.ConnectionLost>(await subscription.Events.ReadAsync(Deadline));
        var again = Assert.IsType<OvsdbMonitorEvent.Resynchronised>(await subscription.Events.ReadAsync(Deadline));
        Assert.False(again.Complete);
        Assert.Empty(again.Changes);
        Assert.Equal(2, monitor.Snapshot["Bridge"].Count);
        ovs.Vsctl("--no-wait", "del-br", "br0");
        Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        Assert.Single(monitor.Snapshot["Bridge"]);
    }

    [SkippableFact]
    public async Task A_wait_that_is_not_met_fails_as_timed_out()
    {
        await using var client = await ConnectAsync();

        var failure = await Assert.ThrowsAsync<OvsdbException>(
            () => client.TransactAsync(OvsdbTransaction.Empty.AssertNamed("Bridge", "br0"), Deadline));

        Assert.Equal((OvsdbErrorCode.TimedOut, 0, true), (failure.Code, failure.OperationIndex, failure.IsTransient));
    }

    [SkippableFact]
    public async Task The_servers_own_errors_have_their_codes()
    {
        await using var client = await ConnectAsync();
        async Task<OvsdbErrorCode> CodeOfAsync(params OvsdbOperation[] operations) =>
            (await Assert.ThrowsAsync<OvsdbException>(
                () => client.TransactAsync(OvsdbTransaction.Empty.With(operations), Deadline))).Code;
        var bridge = OvsdbRow.Empty.With("name", "br0");

        Assert.Equal(OvsdbErrorCode.Aborted, await CodeOfAsync(new OvsdbOperation.Abort()));
        Assert.Equal(OvsdbErrorCode.NotOwner, await CodeOfAsync(new OvsdbOperation.Assert("nobodys")));
        Assert.Equal(OvsdbErrorCode.SyntaxError, await CodeOfAsync(new OvsdbOperation.Delete("Nope", [])));
        Assert.Equal(OvsdbErrorCode.DuplicateUuidName, await CodeOfAsync(
            new OvsdbOperation.Insert("Bridge", bridge, "x"), new OvsdbOperation.Insert("Bridge", bridge, "x")));
        Assert.Equal(OvsdbErrorCode.DomainError, await CodeOfAsync(
            new OvsdbOperation.Mutate("Open_vSwitch", [], [new("next_cfg", OvsdbMutator.Divide, 0)])));
        Assert.Equal(OvsdbErrorCode.ConstraintViolation, await CodeOfAsync(
            new OvsdbOperation.Insert("Bridge", OvsdbRow.Empty.With("fail_mode", "sideways"))));
        var method = await Assert.ThrowsAsync<OvsdbException>(() => client.CallAsync("nope", _ => { }, Deadline));
        Assert.Equal(OvsdbErrorCode.UnknownMethod, method.Code);
    }

    [SkippableFact]
    public async Task Watching_a_table_that_does_not_exist_fails_and_an_unknown_column_reads_as_empty()
    {
        await using var client = await ConnectAsync();
        await client.TransactAsync(AddBridge("br0"), Deadline);

        await Assert.ThrowsAsync<OvsdbException>(() => client.MonitorAsync([new("Nope")], Deadline));
        await using var monitor = await client.MonitorAsync([new("Bridge", ["name", "from_the_future"])], Deadline);

        var row = Assert.Single(monitor.Snapshot["Bridge"]).Value;
        Assert.Equal(("br0", true), (row["name"].Text, row["from_the_future"].Equals(OvsdbValue.EmptySet)));
    }

    private static OvsdbTransaction AddBridge(string name, string uuidName = "b0") => OvsdbTransaction.Empty.With(
        new OvsdbOperation.Insert("Bridge", OvsdbRow.Empty.With("name", name), uuidName),
        new OvsdbOperation.Mutate(
            "Open_vSwitch", [], [new("bridges", OvsdbMutator.Insert, OvsdbAtom.NamedUuid(uuidName))]));

    private Task<OvsdbClient> ConnectAsync()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        return OvsdbClient.ConnectAsync(_ovs!.Endpoint, "Open_vSwitch", TimeProvider.System, cancellation: Deadline);
    }
}
