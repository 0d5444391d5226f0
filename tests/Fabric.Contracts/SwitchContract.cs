using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Contracts;

/// <summary>What the node relies on in Open vSwitch, real or simulated: its ports and its sessions.</summary>
public abstract partial class SwitchContract
{
    private static readonly WantedPort s_first = SwitchBench.Port(1);
    private static readonly WantedPort s_second = SwitchBench.Port(2);

    /// <summary>Runs a test on the loop that a switch lives on; the simulated one runs it for many seeds.</summary>
    protected abstract Task RunOnLoopAsync(Func<SwitchBench, Task> test, string name);

    private Task RunAsync(Func<SwitchBench, Task> test, [CallerMemberName] string name = "") => RunOnLoopAsync(test, name);

    [SkippableFact]
    public Task Connecting_makes_gateway_and_tunnel_port_with_their_numbers_and_again_changes_nothing() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        Assert.True(ovs.IsConnected);
        Assert.Equal(
            [(SwitchBench.Bridge.Gateway, SwitchBench.Bridge.GatewayOfPort), (SwitchBench.Bridge.TunnelPort, SwitchBench.Bridge.TunnelOfPort)],
            ovs.Ports.Values.Select(p => (p.Name, p.OfPort!.Value)));
        Assert.All(ovs.Ports.Values, p => Assert.Null(p.Attachment));
        var before = ovs.Ports;

        await ConnectAsync(ovs);
        var other = await ConnectedAsync(bench);

        Assert.Equal(before, ovs.Ports);
        Assert.Equal(before, other.Ports);
    });

    [SkippableFact]
    public Task Whatever_needs_a_session_fails_for_now_before_there_is_one() => RunAsync(async bench =>
    {
        var ovs = bench.NewSwitch();

        Assert.False(ovs.IsConnected);
        Assert.Empty(ovs.Ports);
        await FailsForNowAsync(() => AddAsync(ovs, s_first));
        await FailsForNowAsync(() => RemoveAsync(ovs, s_first));
        await FailsForNowAsync(() => ChangeAsync(ovs, [], [Flow(1)]));
        await FailsForNowAsync(() => DumpAsync(ovs));
        await FailsForNowAsync(() => FlushAsync(ovs));
    });

    [SkippableFact]
    public Task A_port_is_there_when_the_call_returns_and_gets_its_number_once_the_device_is_open() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        var changes = 0;
        ovs.Changed = () => changes++;
        bench.AddDevice(s_first.Name);
        bench.AddDevice(s_second.Name);

        Assert.Empty(await AddAsync(ovs, s_first, s_second));

        Assert.Equal(s_first.Attachment, ovs.Ports[s_first.Name].Attachment);
        await OpenAsync(bench, ovs, s_first);
        await OpenAsync(bench, ovs, s_second);
        Assert.NotEqual(ovs.Ports[s_first.Name].InterfaceUuid, ovs.Ports[s_second.Name].InterfaceUuid);
        Assert.True(changes > 0);
    });

    [SkippableFact]
    public Task Adding_a_port_again_leaves_it_as_it_is() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        var there = await AddOpenAsync(bench, ovs, s_first);
        bench.AddDevice(s_second.Name);

        Assert.Empty(await AddAsync(ovs, s_first, s_second));

        Assert.Equal(there, ovs.Ports[s_first.Name]);
        await OpenAsync(bench, ovs, s_second);
    });

    [SkippableFact]
    public Task A_name_that_a_stranger_s_port_has_is_refused_alone_and_that_port_stays() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        bench.AddForeignPort(s_first.Name);
        await bench.EventuallyAsync(() => ovs.ForeignPorts.Contains(s_first.Name.Value), "the foreign port is heard of");
        bench.AddDevice(s_second.Name);

        var refused = await AddAsync(ovs, s_first, s_second);
        await RemoveAsync(ovs, s_first);

        Assert.Equal(s_first.Name, Assert.Single(refused).Key);
        Assert.Contains(s_first.Name.Value, refused[s_first.Name], StringComparison.Ordinal);
        await OpenAsync(bench, ovs, s_second);
        Assert.True(bench.HasPort(s_first.Name));
        Assert.False(ovs.Ports.ContainsKey(s_first.Name));
    });

    [SkippableFact]
    public Task A_number_that_another_port_has_is_not_given_twice() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await AddOpenAsync(bench, ovs, s_first);
        var same = s_second with { OfPort = s_first.OfPort };
        bench.AddDevice(same.Name);
        await AddAsync(ovs, same);

        await bench.EventuallyAsync(() => ovs.Ports[same.Name].OfPort is not null, "the second port is open");
        Assert.NotEqual(s_first.OfPort, ovs.Ports[same.Name].OfPort);
        Assert.Equal(s_first.OfPort, ovs.Ports[s_first.Name].OfPort);
    });

    [SkippableFact]
    public Task A_removed_port_is_gone_when_the_call_returns_and_removing_it_again_is_a_success() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await AddOpenAsync(bench, ovs, s_first);
        await AddOpenAsync(bench, ovs, s_second);

        await RemoveAsync(ovs, s_first, s_second, SwitchBench.Port(3));

        Assert.False(ovs.Ports.ContainsKey(s_first.Name) || ovs.Ports.ContainsKey(s_second.Name));
        Assert.False(bench.HasPort(s_first.Name) || bench.HasPort(s_second.Name));
        await RemoveAsync(ovs, s_first);
        await AddAsync(ovs, s_first);
        await OpenAsync(bench, ovs, s_first);
    });

    [SkippableFact]
    public Task A_device_that_never_existed_is_an_error_in_words_until_it_appears() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await AddAsync(ovs, s_first);

        await bench.EventuallyAsync(() => ovs.Ports[s_first.Name].Error is not null, "Open vSwitch says that there is no device");
        Assert.Null(ovs.Ports[s_first.Name].OfPort);

        bench.AddDevice(s_first.Name);
        await OpenAsync(bench, ovs, s_first);
    });

    [SkippableFact]
    public Task A_device_that_vanishes_leaves_its_port_and_one_that_comes_back_has_its_number() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        var before = await AddOpenAsync(bench, ovs, s_first);
        bench.RemoveDevice(s_first.Name);
        // A later change that is carried out shows that the earlier one has been seen.
        await AddOpenAsync(bench, ovs, s_second);
        Assert.Equal(before, ovs.Ports[s_first.Name]);

        bench.AddDevice(s_first.Name);
        await AddOpenAsync(bench, ovs, SwitchBench.Port(3));

        await OpenAsync(bench, ovs, s_first);
    });

    [SkippableFact]
    public Task Records_are_read_back_without_a_session_and_strangers_have_none() => RunAsync(async bench =>
    {
        Assert.Empty(await bench.NewSwitch().ReadPortRecordsAsync(SwitchBench.Bridge.Bridge, CancellationToken.None));
        var ovs = await ConnectedAsync(bench);
        bench.AddForeignPort(new InterfaceName("fabt-other"));
        await AddAsync(ovs, s_first, s_second);

        var records = await bench.NewSwitch().ReadPortRecordsAsync(SwitchBench.Bridge.Bridge, CancellationToken.None);

        Assert.Equal([s_first.Record, s_second.Record], records.Order(StringComparer.Ordinal));
    });

    [SkippableFact]
    public Task Ports_keep_their_numbers_over_a_restart_of_ovs_vswitchd_and_are_known_to_the_next_agent() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        var before = await AddOpenAsync(bench, ovs, s_first);
        await AddOpenAsync(bench, ovs, s_second);

        bench.StopVswitchd();
        await bench.EventuallyAsync(() => !ovs.IsConnected, "the session is lost");
        Assert.Equal(before, ovs.Ports[s_first.Name]);
        await FailsForNowAsync(() => ChangeAsync(ovs, [], [Flow(1)]));
        await FailsForNowAsync(() => DumpAsync(ovs));
        await FailsForNowAsync(() => FlushAsync(ovs));
        bench.StartVswitchd();
        await ConnectAsync(ovs);

        await OpenAsync(bench, ovs, s_first);
        await OpenAsync(bench, ovs, s_second);
        var next = await ConnectedAsync(bench);
        Assert.Equal(ovs.Ports, next.Ports);
    });

    [SkippableFact]
    public Task A_port_that_is_added_while_ovs_vswitchd_is_down_is_opened_when_it_is_back() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        bench.AddDevice(s_first.Name);
        bench.StopVswitchd();
        await bench.EventuallyAsync(() => !ovs.IsConnected, "the session is lost");

        await AddAsync(ovs, s_first);
        Assert.Null(ovs.Ports[s_first.Name].OfPort);
        bench.StartVswitchd();
        await ConnectAsync(ovs);

        await OpenAsync(bench, ovs, s_first);
    });

    [SkippableFact]
    public Task Broken_connections_are_made_anew_and_nothing_that_happened_meanwhile_is_missed() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await AddOpenAsync(bench, ovs, s_first);
        var lost = false;
        ovs.Changed = () => lost |= !ovs.IsConnected;

        bench.BreakConnections();
        await bench.EventuallyAsync(() => lost, "the loss is told");
        await ConnectAsync(ovs);
        bench.AddForeignPort(new InterfaceName("fabt-other"));

        Assert.True(ovs.IsConnected);
        await bench.EventuallyAsync(() => ovs.ForeignPorts.Contains("fabt-other"), "the database is heard again");
        await OpenAsync(bench, ovs, s_first);
        await ChangeAsync(ovs, [], [Flow(1)]);
        Assert.Single(await DumpAsync(ovs));
    });

    [SkippableFact]
    public Task Foreign_ports_of_the_bridge_are_told_apart_from_its_own() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        var known = ovs.ForeignPorts;
        bench.AddForeignPort(new InterfaceName("fabt-other"));
        await AddAsync(ovs, s_first);

        await bench.EventuallyAsync(() => ovs.ForeignPorts.Contains("fabt-other"), "the foreign port is heard of");
        Assert.Equal(known.Add("fabt-other"), ovs.ForeignPorts);
        Assert.False(ovs.Ports.ContainsKey(new InterfaceName("fabt-other")));
    });

    [SkippableFact]
    public Task Watched_paths_become_those_that_are_asked_for_and_pass_for_no_foreign_ports() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        var (first, second, third) = (Path("node-b", 2), Path("node-c", 3), Path("node-d", 4));
        var foreign = ovs.ForeignPorts;

        await WatchAsync(ovs, first, second);
        await WatchAsync(ovs, first, second);
        Assert.Equal([first.Peer, second.Peer], ovs.Paths.Keys);
        await bench.EventuallyAsync(() => ovs.Paths.Values.All(p => p.State == "down"), "nobody answers at the other end");

        await WatchAsync(ovs, second with { Remote = Fabric.Messages.IpAddress.Parse("172.30.0.9") }, third);
        Assert.Equal([second.Peer, third.Peer], ovs.Paths.Keys);
        Assert.Equal(foreign, ovs.ForeignPorts);
        await bench.EventuallyAsync(() => ovs.Paths.Values.All(p => p.State == "down"), "the new ones are watched as well");

        await WatchAsync(ovs, [.. Enumerable.Range(5, 9).Select(i => Path($"node-{i}", i))]);
        Assert.False(await ovs.WatchPathsAsync([], CancellationToken.None), "so many are not taken away in one call");
        Assert.NotEmpty(ovs.Paths);
        await WatchAsync(ovs);
        Assert.Empty(ovs.Paths);
    });

    private static async Task WatchAsync(ISwitch ovs, params WantedPath[] paths)
    {
        for (var calls = 1; !await ovs.WatchPathsAsync([.. paths], CancellationToken.None); calls++)
            Assert.InRange(calls, 1, 10);
    }

    private static WantedPath Path(string peer, int number) => new(new NodeName(peer), Fabric.Messages.IpAddress.Parse("172.30.0.1"),
        Fabric.Messages.IpAddress.Parse($"172.30.0.{number}"));

    private static async Task<ISwitch> ConnectedAsync(SwitchBench bench)
    {
        var ovs = bench.NewSwitch();
        await ConnectAsync(ovs);
        return ovs;
    }

    private static Task ConnectAsync(ISwitch ovs) => ovs.ConnectAsync(SwitchBench.Bridge, CancellationToken.None);

    private static Task<ImmutableSortedDictionary<InterfaceName, string>> AddAsync(ISwitch ovs, params ImmutableArray<WantedPort> ports) =>
        ovs.AddPortsAsync(ports, CancellationToken.None);

    private static Task RemoveAsync(ISwitch ovs, params ImmutableArray<WantedPort> ports) =>
        ovs.RemovePortsAsync([.. ports.Select(p => p.Name)], CancellationToken.None);

    private static async Task<SwitchPort> AddOpenAsync(SwitchBench bench, ISwitch ovs, WantedPort port)
    {
        bench.AddDevice(port.Name);
        await AddAsync(ovs, port);
        return await OpenAsync(bench, ovs, port);
    }

    private static async Task<SwitchPort> OpenAsync(SwitchBench bench, ISwitch ovs, WantedPort port)
    {
        await bench.EventuallyAsync(
            () => ovs.Ports.GetValueOrDefault(port.Name) is { OfPort: not null, Error: null }, $"{port.Name} is open");
        Assert.Equal((port.OfPort, port.Attachment), (ovs.Ports[port.Name].OfPort!.Value, ovs.Ports[port.Name].Attachment!.Value));
        return ovs.Ports[port.Name];
    }

    private static async Task FailsForNowAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<SwitchException>(call);
        Assert.True(failure.IsTransient, failure.Message);
    }

    private static Task FlushAsync(ISwitch ovs) => ovs.FlushConnectionsAsync(1, IpAddress.Parse("10.244.3.11"), CancellationToken.None);
}
