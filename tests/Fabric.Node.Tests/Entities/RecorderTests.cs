using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node.Tests;

/// <summary>Tunnel, FlowRecorder, ClusterObserver, NodeLife.</summary>
public sealed class RecorderTests
{
    private static readonly DateTimeOffset s_at = new(2026, 3, 1, 2, 58, 0, TimeSpan.Zero);
    private static readonly NodeName s_peer = new("node-b");

    [Fact]
    public void A_tunnel_is_opened_once_and_replaced_when_something_differs()
    {
        var tunnel = new EntitySpec<Tunnel.State>(new Tunnel());
        Assert.Single(tunnel.Events(new Tunnel.Command.Open(Opened("192.0.2.20"))));
        Assert.Equal([new Effect.Drive(new DriverCall.WarmNeighbour(IpAddress.Parse("192.0.2.20")))], tunnel.Effects);
        Assert.Equal(tunnel.Effects, tunnel.Resumed());
        // Equal in content, not the same array.
        Assert.Empty(tunnel.Events(new Tunnel.Command.Open(Opened("192.0.2.20"))));
        Assert.Single(tunnel.Events(new Tunnel.Command.Open(Opened("192.0.2.21"))));
        tunnel.StateSurvivesItsSnapshot();
    }

    [Fact]
    public void A_tunnel_is_closed_once()
    {
        var tunnel = new EntitySpec<Tunnel.State>(new Tunnel());
        var close = new Tunnel.Command.Close(s_peer, "removed");
        Assert.Empty(tunnel.Events(close));
        tunnel.Given(Opened("192.0.2.20"));
        Assert.Equal([new TunnelEvent.TunnelClosed(s_peer, "removed")], tunnel.Events(close));
        Assert.Empty(tunnel.Events(close));
        Assert.Empty(tunnel.Resumed());
        tunnel.StateSurvivesItsSnapshot();
    }

    [Fact]
    public void The_recorder_knows_which_flows_are_programmed()
    {
        var flow = new EntitySpec<FlowRecorder.State>(new FlowRecorder());
        flow.Given(Changed([], [3, 1, 2]), Changed([2], [4]));
        Assert.Equal([1L, 3L, 4L], flow.State.Programmed);
        Assert.Single(flow.Events(new FlowRecorder.Record(new FlowEvent.FlowsReprogrammed(3, "d", "restart", s_at, s_at))));
        Assert.Single(flow.Events(new FlowRecorder.Record(new FlowEvent.DriftFound(1, ["x"], 0, [], true))));
        Assert.Equal([1L, 3L, 4L], flow.State.Programmed);
        flow.StateSurvivesItsSnapshot();
    }

    [Fact]
    public void A_flow_that_is_removed_and_added_in_one_bundle_is_programmed()
    {
        var flow = new EntitySpec<FlowRecorder.State>(new FlowRecorder());
        flow.Given(Changed([], [7]), Changed([7], [7]));
        Assert.Equal([7L], flow.State.Programmed);
    }

    [Fact]
    public void A_gap_of_flows_states_what_is_programmed()
    {
        var recorder = new FlowRecorder();
        var flow = new EntitySpec<FlowRecorder.State>(recorder).Given(Changed([], [3, 1]));
        var gap = Assert.IsType<FlowEvent.HistoryGap>(recorder.Gap(flow.State, s_at, s_at.AddMinutes(1), "disk full"));
        Assert.Equal([1L, 3L], gap.Programmed.AsEnumerable());
        Assert.Equal([1L, 3L], new EntitySpec<FlowRecorder.State>(recorder).Given(Changed([], [9]), gap).State.Programmed);
    }

    [Fact]
    public void Cluster_events_are_copied_in_order_each_once()
    {
        var observer = new EntitySpec<ClusterObserver.State>(new ClusterObserver());
        Assert.Single(observer.Events(new ClusterObserver.Observe(Seen(1))));
        Assert.Single(observer.Events(new ClusterObserver.Observe(Seen(2))));
        Assert.Empty(observer.Events(new ClusterObserver.Observe(Seen(2))));
        Assert.Empty(observer.Events(new ClusterObserver.Observe(Seen(1))));
        Assert.Equal(2, observer.Reply<ClusterObserver.Observed>(new ClusterObserver.Observe(Seen(1))).Watermark);
        // The source was pruned while this node was away: its snapshot takes the place of what is missing.
        Assert.Equal(9, observer.Reply<ClusterObserver.Observed>(new ClusterObserver.Observe(Seen(9))).Watermark);
        observer.StateSurvivesItsSnapshot();
    }

    [Fact]
    public void The_agents_life_remembers_its_last_start()
    {
        var entity = new NodeLife();
        var life = new EntitySpec<NodeLife.State>(entity);
        life.When(new NodeLife.Record(new NodeEvent.AgentStarted(s_peer, "uid", 7, "0.1.0", "boot-2", NewBoot: true)));
        life.When(new NodeLife.Record(new NodeEvent.ClockStepped(TimeSpan.FromSeconds(5))));
        Assert.Equal(new NodeLife.State("boot-2", 7), life.State);
        Assert.Equal(new NodeEvent.HistoryMissing(s_at, s_at, "disk full"), entity.Gap(life.State, s_at, s_at, "disk full"));
        life.StateSurvivesItsSnapshot();
    }

    private static TunnelEvent.TunnelOpened Opened(string vtep) =>
        new(s_peer, "uid", [IpAddress.Parse(vtep)], [Cidr.Parse("10.244.4.0/24")]);

    private static FlowEvent.FlowsChanged Changed(long[] removed, long[] added) =>
        new([.. removed], [.. added], "test", s_at, s_at);

    private static ClusterEventObserved Seen(long sequenceNr) => new(new PersistenceId("mesh", "fabric"), sequenceNr, "vtep-left/1",
        default, JsonElement.Parse("{}"), "left");
}
