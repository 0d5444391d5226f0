using System.Collections.Immutable;
using System.Globalization;
using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Node.Tests;

/// <summary>A plan that grows from state to state is the plan of the last state alone.</summary>
public sealed class FlowPlanTests
{
    private static readonly ImmutableArray<NetworkName> Networks = [new("blue"), new("red")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void After_any_changes_the_plan_is_that_of_a_new_one(int seed)
    {
        var random = new Random(seed);
        var (grown, state) = (new FlowPlan(), NodeState.Initial with { Bridge = NodeState.Initial.Bridge with { Configured = SwitchBench.Bridge } });
        for (var step = 0; step < 300; step++)
        {
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                state = Change(state, random);
            Assert.Equal(Texts(new FlowPlan(), state), Texts(grown, state));
        }
    }

    [Fact]
    public void A_network_that_comes_or_goes_leaves_the_flows_of_others_as_they_are()
    {
        var state = Attached(NodeState.Initial with { Bridge = NodeState.Initial.Bridge with { Configured = SwitchBench.Bridge } }, 1, null);
        var plan = new FlowPlan();
        var before = plan.For(state)[Port.Id(AttachmentOf(1))];
        var with = state with { Networks = state.Networks.SetItem(Networks[0], Joined(Networks[0], 2)) };
        Assert.True(plan.For(with).ContainsKey(new PersistenceId("network", "blue")));
        Assert.True(before == plan.For(with)[Port.Id(AttachmentOf(1))], "they were not even computed again");
        Assert.False(plan.For(state).ContainsKey(new PersistenceId("network", "blue")));
        Assert.True(before == plan.For(state)[Port.Id(AttachmentOf(1))]);
    }

    private static NodeState Change(NodeState state, Random random)
    {
        var network = random.Next(3) is var n && n < 2 ? Networks[n] : (NetworkName?)null;
        var number = random.Next(5);
        switch (random.Next(7))
        {
            case 0 when network is { } name:
                return state with { Networks = state.Networks.SetItem(name, Joined(name, 2 + random.Next(4))) };
            case 1 when network is { } name:
                return state with { Networks = state.Networks.Remove(name) };
            case 2:
                return state with { Ports = state.Ports.Remove(AttachmentOf(number)) };
            case 3 when network is { } name:
                var way = new TunnelEvent.TunnelOpened(new NodeName($"peer-{number}"), "uid", [IpAddress.Parse($"172.30.0.{number + 2}")],
                    [Cidr.Parse($"10.9.0.{number * 16}/28")], name);
                return state with { NetworkTunnels = state.NetworkTunnels.SetItem(Tunnel.Id(way.Peer, name), way) };
            case 4 when network is { } name:
                return state with { NetworkTunnels = state.NetworkTunnels.Remove(Tunnel.Id(new NodeName($"peer-{number}"), name)) };
            case 5:
                var peer = new TunnelEvent.TunnelOpened(new NodeName($"peer-{number}"), "uid", [IpAddress.Parse($"172.30.0.{number + 2}")],
                    [Cidr.Parse($"10.244.{number + 10}.0/24")]);
                return state with { Tunnels = random.Next(2) == 0 ? state.Tunnels.Remove(peer.Peer) : state.Tunnels.SetItem(peer.Peer, peer) };
            default:
                return Attached(state, number, network);
        }
    }

    private static NodeState Attached(NodeState state, int number, NetworkName? network)
    {
        var pool = AddressPool.Id(network?.Value ?? "default", isV6: false);
        var requested = new PortEvent.AttachmentRequested(AttachmentOf(number), new NetworkName("pods"), "digest",
            new SandboxRef("/run/netns/a", 4, 1), new InterfaceName(string.Create(CultureInfo.InvariantCulture, $"fab{number}")),
            MacAddress.Parse($"0a:58:0a:f4:03:{number:x2}"), 1400, null, Bridge.Id(SwitchBench.Bridge.Bridge), [pool], [], null, [], [], 1, "boot",
            network is { } name ? new VirtualAttachment(name, []) : null);
        var port = PortState.Absent.Apply(requested)
            .Apply(new PortEvent.AddressAssigned(pool, AddressPrefix.Parse($"10.9.0.{number + 2}/24"), IpAddress.Parse("10.9.0.1")))
            .Apply(new PortEvent.OfPortAssigned(new OfPort((ushort)(64 + number))));
        return state with { Ports = state.Ports.SetItem(AttachmentOf(number), port) };
    }

    private static NetworkEvent.NetworkJoined Joined(NetworkName network, int zone) => new(network,
        new Vni(network == Networks[0] ? 4096u : 4097u), zone,
        [new NetworkSubnet(Cidr.Parse("10.9.0.0/24"), IpAddress.Parse("10.9.0.1"), [], 26)], [Cidr.Parse("10.9.0.0/26")]);

    private static AttachmentId AttachmentOf(int number) => AttachmentId.Parse($"pod{number}/eth0");

    private static IEnumerable<string> Texts(FlowPlan plan, NodeState state) =>
        plan.For(state).SelectMany(owned => owned.Value.Select(f => $"{owned.Key} {f.Text.Text}"));
}
