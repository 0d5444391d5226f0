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

    private static OvsdbTransaction AddBridge(string name) => OvsdbTransaction.Empty
        .Insert("Bridge", OvsdbRow.Empty.With("name", name), out var bridge)
        .With(new OvsdbOperation.Mutate("Open_vSwitch", [], [new("bridges", OvsdbMutator.Insert, bridge)]));

    private Task<OvsdbClient> ConnectAsync()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        return OvsdbClient.ConnectAsync(_ovs!.Endpoint, "Open_vSwitch", TimeProvider.System, cancellation: Deadline);
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
        Assert.Equal("{\"k\":\"w\",\"l\":\"x\"}", System.Text.Json.JsonSerializer.Serialize(
            bridge.After!["external_ids"].ToTextMap().ToDictionary(pair => pair.Key, pair => pair.Value)));

        _ovs.Vsctl("--no-wait", "del-br", "br0");
        var deleted = Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        bridge = Assert.Single(deleted.Changes, change => change.Table == "Bridge");
        Assert.Null(bridge.After);
        Assert.Empty(monitor.Snapshot["Bridge"]);
    }
}
