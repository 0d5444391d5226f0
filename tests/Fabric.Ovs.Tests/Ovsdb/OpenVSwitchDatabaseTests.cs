using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Fabric.Lab;
using Fabric.Ovs.Ovsdb;
using Fabric.Ovs.Ovsdb.OpenVSwitch;
using Xunit.Abstractions;

namespace Fabric.Ovs.Tests.Ovsdb;

/// <summary>The typed layer against a real Open vSwitch with its userspace datapath.</summary>
public sealed class OpenVSwitchDatabaseTests(ITestOutputHelper output) : IDisposable
{
    private static readonly BridgeSpec Bridge = new("fabt-br", "netdev")
    {
        HardwareAddress = "0a:58:0a:00:00:01",
        ExternalIds = ImmutableSortedDictionary<string, string>.Empty.Add("owner", "fabric"),
    };

    private readonly ScratchOvs? _ovs = LabRequirements.Missing is null ? ScratchOvs.Start() : null;
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));

    private CancellationToken Deadline => _deadline.Token;

    public void Dispose()
    {
        _ovs?.Dispose();
        _deadline.Dispose();
    }

    [SkippableFact]
    public async Task A_bridge_is_made_once_and_then_only_changed_where_it_differs()
    {
        await using var database = await ConnectAsync();
        await database.EnsureBridgeAsync(Bridge, Deadline);

        Assert.Contains("0a:58:0a:00:00:01", _ovs!.Namespace.Ip("link", "show", "fabt-br"), StringComparison.Ordinal);
        var row = database.View.Bridges["fabt-br"];
        Assert.Equal(("netdev", "secure", "fabric"), (row.DatapathType, row.FailMode, row.ExternalIds["owner"]));
        Assert.True(OpenVSwitchTransactions.EnsureBridge(database.View, Bridge).Operations.IsEmpty);

        _ovs.Vsctl("br-set-external-id", "fabt-br", "other", "kept", "--", "set-fail-mode", "fabt-br", "standalone");
        await WaitForBridgeAsync(database, seen => seen.FailMode == "standalone" && seen.ExternalIds.ContainsKey("other"));
        var renamed = Bridge with { ExternalIds = Bridge.ExternalIds.SetItem("owner", "f2") };
        await database.EnsureBridgeAsync(renamed, Deadline);
        row = database.View.Bridges["fabt-br"];
        Assert.Equal("secure", row.FailMode);
        Assert.Equal(("f2", "kept"), (row.ExternalIds["owner"], row.ExternalIds["other"]));
    }

    [SkippableFact]
    public async Task Making_a_bridge_that_someone_else_just_made_fails_and_can_be_repeated()
    {
        await using var database = await ConnectAsync();
        var transaction = OpenVSwitchTransactions.EnsureBridge(database.View, Bridge);
        await database.CommitAsync(transaction, Deadline);

        var failure = await Assert.ThrowsAsync<OvsdbException>(() => database.CommitAsync(transaction, Deadline));

        Assert.Equal((OvsdbErrorCode.TimedOut, 0, true), (failure.Code, failure.OperationIndex, failure.IsTransient));
    }

    [SkippableFact]
    public async Task Ports_on_a_bridge_that_does_not_exist_fail_instead_of_vanishing()
    {
        await using var database = await ConnectAsync();

        var failure = await Assert.ThrowsAsync<OvsdbException>(
            () => database.AddPortsAsync("fabt-none", [new PortSpec("fabt0")], Deadline));

        Assert.Equal((OvsdbErrorCode.TimedOut, 0), (failure.Code, failure.OperationIndex));
    }

    [SkippableFact]
    public async Task A_port_gets_its_requested_ofport_its_mtu_and_its_external_ids()
    {
        await using var database = await ConnectAsync();
        await database.EnsureBridgeAsync(Bridge, Deadline);
        AddVeths(1);
        var ids = ImmutableSortedDictionary<string, string>.Empty;
        await database.AddPortsAsync("fabt-br", [Veth(0) with
        {
            OfPortRequest = 42,
            MtuRequest = 1400,
            PortExternalIds = ids.Add("on", "port"),
            InterfaceExternalIds = ids.Add("on", "interface"),
        }], Deadline);

        Assert.Equal(42, await database.WaitForOfportAsync("fabt0", Deadline));
        Assert.Equal("port", database.View.Ports["fabt0"].ExternalIds["on"]);
        Assert.Equal("interface", database.View.Interfaces["fabt0"].ExternalIds["on"]);
        Assert.Equal(["fabt-br", "fabt0"], database.View.PortsOf("fabt-br").Select(port => port.Name));
        await WaitForInterfaceAsync(database, row => row is { Mtu: 1400, MacInUse: not null });

        _ovs!.KillVswitchd();
        _ovs.StartVswitchd();
        await database.WaitAppliedAsync(await database.CommitAsync(OvsdbTransaction.Empty, Deadline), Deadline);
        Assert.Equal(42, await database.WaitForOfportAsync("fabt0", Deadline));
    }

    [SkippableFact]
    public async Task A_device_that_does_not_exist_fails_with_the_text_of_ovs()
    {
        await using var database = await ConnectAsync();
        await database.EnsureBridgeAsync(Bridge, Deadline);
        var config = await database.AddPortsAsync("fabt-br", [new PortSpec("fabt-absent")], Deadline);
        await database.WaitAppliedAsync(config, Deadline);

        var failure = await Assert.ThrowsAsync<OvsdbException>(
            () => database.WaitForOfportAsync("fabt-absent", Deadline));

        Assert.Equal(OvsdbErrorCode.InterfaceFailed, failure.Code);
        Assert.StartsWith("could not open network device fabt-absent", failure.Details, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_device_that_vanished_is_told_from_its_row()
    {
        await using var database = await ConnectAsync();
        await database.EnsureBridgeAsync(Bridge, Deadline);
        AddVeths(1);
        await database.AddPortsAsync("fabt-br", [Veth(0)], Deadline);
        await database.WaitForOfportAsync("fabt0", Deadline);
        await WaitForInterfaceAsync(database, row => row is { HasVanished: false });

        _ovs!.Namespace.Ip("link", "delete", "fabt0");

        var gone = await WaitForInterfaceAsync(database, row => row is { HasVanished: true });
        Assert.Null(gone.Error);
        Assert.True(gone.OfPort > 0);
    }

    [SkippableFact]
    public async Task A_hundred_ports_in_one_transaction_all_get_their_ofports_and_leave_one_by_one()
    {
        await using var database = await ConnectAsync();
        await database.EnsureBridgeAsync(Bridge, Deadline);
        AddVeths(100);
        var ports = Enumerable.Range(0, 100).Select(index => Veth(index) with { OfPortRequest = index + 100 });

        var watch = Stopwatch.StartNew();
        await database.AddPortsAsync("fabt-br", [.. ports], Deadline);
        var commit = watch.Elapsed.TotalMilliseconds;
        var ofports = await Task.WhenAll(Enumerable.Range(0, 100)
            .Select(index => database.WaitForOfportAsync(Veth(index).Name, Deadline)));
        output.WriteLine(Format(
            $"100 ports: commit {commit:F1} ms, all ofports {watch.Elapsed.TotalMilliseconds:F1} ms"));

        Assert.Equal(Enumerable.Range(100, 100), ofports);
        watch.Restart();
        await database.RemovePortsAsync("fabt-br", [.. Enumerable.Range(0, 5).Select(i => Veth(i).Name)], Deadline);
        output.WriteLine(Format($"5 ports removed one by one: {watch.Elapsed.TotalMilliseconds:F1} ms"));
        Assert.Equal(95 + 1, database.View.PortsOf("fabt-br").Length);
        Assert.Equal(95 + 1, database.View.Interfaces.Count);
    }

    [SkippableFact]
    public async Task Adding_ports_one_by_one_prints_its_medians()
    {
        await using var database = await ConnectAsync();
        await database.EnsureBridgeAsync(Bridge, Deadline);
        AddVeths(40);
        var commits = new List<double>();
        var known = new List<double>();
        for (var index = 0; index < 40; index++)
        {
            var watch = Stopwatch.StartNew();
            await database.AddPortsAsync("fabt-br", [Veth(index)], Deadline);
            commits.Add(watch.Elapsed.TotalMilliseconds);
            Assert.True(await database.WaitForOfportAsync(Veth(index).Name, Deadline) > 0);
            known.Add(watch.Elapsed.TotalMilliseconds);
        }

        output.WriteLine(Format(
            $"add port, median of 40: commit {Median(commits):F2} ms, ofport known {Median(known):F2} ms"));
    }

    private async Task<InterfaceRow> WaitForInterfaceAsync(
        OpenVSwitchDatabase database, Func<InterfaceRow, bool> condition) => await database.Monitor.WaitAsync(
        snapshot => new OpenVSwitchView(snapshot).Interfaces.Values.FirstOrDefault(
            row => row.Name == "fabt0" && condition(row)),
        Deadline);

    private async Task<BridgeRow> WaitForBridgeAsync(OpenVSwitchDatabase database, Func<BridgeRow, bool> condition) =>
        await database.Monitor.WaitAsync(
            snapshot => new OpenVSwitchView(snapshot).Bridges.Values.FirstOrDefault(condition), Deadline);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static PortSpec Veth(int index) => new(Format($"fabt{index}"));

    private void AddVeths(int count)
    {
        var batch = string.Concat(Enumerable.Range(0, count).Select(index => Format(
            $"link add fabt{index} type veth peer name fabtp{index}\nlink set fabt{index} up\n")));
        _ovs!.Namespace.Run(["ip", "-batch", "-"], null, batch);
    }

    private Task<OpenVSwitchDatabase> ConnectAsync()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        return OpenVSwitchDatabase.ConnectAsync(_ovs!.Endpoint, TimeProvider.System, cancellation: Deadline);
    }
}
