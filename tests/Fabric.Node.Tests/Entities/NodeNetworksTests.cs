using Fabric.Messages;
using static Fabric.Node.NodeNetworks;

namespace Fabric.Node.Tests;

public sealed class NodeNetworksTests
{
    private static readonly NetworkSubnet s_subnet = new(Cidr.Parse("10.9.0.0/24"), IpAddress.Parse("10.9.0.1"), [], 26);

    private readonly EntitySpec<State> _networks = new(new NodeNetworks());

    [Fact]
    public void A_network_is_joined_once_and_keeps_its_zone_when_its_block_changes()
    {
        Assert.Equal(2, Joined("blue").ConntrackZone);
        Assert.Empty(_networks.Events(Join("blue")));
        Assert.Equal(2, Joined("blue", "10.9.0.64/26").ConntrackZone);
        _networks.StateSurvivesItsSnapshot();
    }

    [Fact]
    public void What_was_in_doubt_is_said_again()
    {
        Joined("blue");
        Assert.Single(_networks.Events(Join("blue") with { IsConfirmed = true }));
    }

    [Fact]
    public void No_two_networks_share_a_zone_and_none_is_soon_anothers()
    {
        Assert.Equal((2, 3), (Joined("blue").ConntrackZone, Joined("red").ConntrackZone));
        Assert.Single(_networks.Events(new Command.Leave(new NetworkName("blue"), "its last pod is gone")));
        Assert.Empty(_networks.Events(new Command.Leave(new NetworkName("blue"), "its last pod is gone")));
        Assert.Equal(4, Joined("green").ConntrackZone);
        _networks.Given(new NetworkEvent.NetworkJoined(new NetworkName("last"), new Vni(9), LastZone, [s_subnet], []));
        Assert.Equal(2, Joined("grey").ConntrackZone);
        Assert.Equal(5, Joined("white").ConntrackZone);
    }

    [Fact]
    public void The_default_networks_zone_is_never_given()
    {
        _networks.Given(new NetworkEvent.NetworkJoined(new NetworkName("x"), new Vni(9), NodeParameters.DefaultZone - 1, [s_subnet], []));
        Assert.Equal(NodeParameters.DefaultZone + 1, Joined("blue").ConntrackZone);
        Assert.Equal(NodeParameters.DefaultZone + 2, Assert.IsType<NetworkEvent.NetworkJoined>(Assert.Single(
            _networks.Events(Join("red") with { Zone = NodeParameters.DefaultZone }))).ConntrackZone);
    }

    [Fact]
    public void A_network_of_the_same_name_with_another_vni_is_not_mixed_with_the_old_one()
    {
        Joined("blue");
        Assert.Equal("network-made-anew", _networks.Refusal(Join("blue") with { Vni = new Vni(5000) }));
    }

    private NetworkEvent.NetworkJoined Joined(string name, string block = "10.9.0.0/26") =>
        Assert.IsType<NetworkEvent.NetworkJoined>(Assert.Single(_networks.Events(Join(name, block))));

    private static Command.Join Join(string name, string block = "10.9.0.0/26") =>
        new(new NetworkName(name), new Vni(4096), [s_subnet], [Cidr.Parse(block)]);
}
