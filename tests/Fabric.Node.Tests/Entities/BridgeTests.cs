using Fabric.Actors;
using Fabric.Messages;
using FsCheck;
using FsCheck.Fluent;
using static Fabric.Node.Bridge;

namespace Fabric.Node.Tests;

public sealed class BridgeTests
{
    private const int Usable = FirstPathOfPort - FirstPodOfPort;

    private readonly EntitySpec<Bridge.State> _bridge = new(new Bridge());

    [Fact]
    public void It_is_configured_once_and_again_when_something_differs()
    {
        Assert.Equal([Configured(1450)], _bridge.Events(new Command.Configure(Configured(1450))));
        // Equal in content, not the same arrays.
        Assert.Empty(_bridge.Events(new Command.Configure(Configured(1450))));
        Assert.Single(_bridge.Events(new Command.Configure(Configured(1400))));
        _bridge.StateSurvivesItsSnapshot();
    }

    [Fact]
    public void Port_numbers_start_above_the_bridges_own_and_are_given_next_fit()
    {
        Assert.Equal((64, 65), (Take("a"), Take("b")));
        Free("a");
        Assert.Equal(66, Take("c"));
        Assert.Equal(65, Take("b"));
    }

    [Fact]
    public void A_repeated_take_or_free_changes_nothing()
    {
        Take("a");
        Assert.Empty(_bridge.Events(new Command.TakeOfPort(Attachment("a"))));
        Free("a");
        Assert.Empty(_bridge.Events(new Command.FreeOfPort(Attachment("a"))));
    }

    [Fact]
    public void After_the_last_number_comes_the_first_that_is_free_and_rested()
    {
        _bridge.Given(new BridgeEvent.OfPortTaken(Attachment("low"), new OfPort(64), false),
            new BridgeEvent.OfPortTaken(Attachment("high"), new OfPort(FirstPathOfPort - 1), false));
        Assert.Equal(65, Take("next"));
    }

    [Fact]
    public void A_number_of_the_paths_that_an_older_agent_gave_to_a_pod_stays_and_no_other_follows_it()
    {
        _bridge.Given(new BridgeEvent.OfPortTaken(Attachment("older"), new OfPort(OfPort.Max), false));
        Assert.Equal(OfPort.Max, Take("older"));
        Assert.InRange(Take("next"), FirstPodOfPort, FirstPathOfPort - 1);
    }

    [Fact]
    public void When_all_are_held_the_longest_rested_is_taken_then_none()
    {
        for (var i = 0; i < Usable; i++)
            _bridge.Given(new BridgeEvent.OfPortTaken(Attachment($"p{i}"), new OfPort((ushort)(FirstPodOfPort + i)), false));
        Assert.Equal("ofports-exhausted", _bridge.Refusal(new Command.TakeOfPort(Attachment("one-more"))));
        Free("p5");
        _bridge.After(TimeSpan.FromSeconds(1));
        Free("p3");
        Assert.Equal([new BridgeEvent.OfPortTaken(Attachment("one-more"), new OfPort(FirstPodOfPort + 5), EndedRest: true)],
            _bridge.Events(new Command.TakeOfPort(Attachment("one-more"))));
    }

    [Fact]
    public void Random_commands_never_give_a_number_twice() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Holder, bool Takes, byte Wait)[]>(), steps =>
        {
            var bridge = new EntitySpec<Bridge.State>(new Bridge());
            foreach (var (holder, takes, wait) in steps)
            {
                bridge.After(TimeSpan.FromSeconds(wait % 40));
                var attachment = Attachment($"h{holder % 8}");
                Command command = takes ? new Command.TakeOfPort(attachment) : new Command.FreeOfPort(attachment);
                var reply = Assert.IsType<Decision.Accepted>(bridge.When(command)).Reply;
                var repeated = Assert.IsType<Decision.Accepted>(bridge.When(command));
                Assert.Empty(repeated.Events);
                Assert.Equal(reply, repeated.Reply);
                var lending = bridge.State.Lending;
                Assert.Equal(lending.Held.Count, lending.Held.Values.Distinct().Count());
                Assert.Equal(lending.Held.OrderBy(h => h.Value).Select(h => h.Key), lending.Holders.Values);
            }
            bridge.StateSurvivesItsSnapshot();
        }).QuickCheckThrowOnFailure();

    private static BridgeEvent.BridgeConfigured Configured(int mtuBytes) => new("br-fabric", "netdev", 1,
        new InterfaceName("fabric-gw0"), default, new OfPort(2), new InterfaceName("fabric-tun0"), new OfPort(1), OverlayKind.Vxlan, 4789,
        new Vni(1), mtuBytes, 65000, [Cidr.Parse("10.244.0.0/16")], [Cidr.Parse("10.244.3.0/24")], [IpAddress.Parse("192.0.2.10")]);

    private int Take(string holder) => _bridge.Reply<Reply.Taken>(new Command.TakeOfPort(Attachment(holder))).OfPort.Value;

    private void Free(string holder) => Assert.Single(_bridge.Events(new Command.FreeOfPort(Attachment(holder))));

    private static AttachmentId Attachment(string container) => new(new ContainerId(container), new InterfaceName("eth0"));
}
