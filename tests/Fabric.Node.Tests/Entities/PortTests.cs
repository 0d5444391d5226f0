using Fabric.Actors;
using Fabric.Messages;
using static Fabric.Node.Port;

namespace Fabric.Node.Tests;

public sealed class PortTests
{
    private static readonly AttachmentId s_attachment = AttachmentId.Parse("c0ffee/eth0");
    private static readonly PersistenceId s_pool = AddressPool.Id("fabric", isV6: false);
    private static readonly PersistenceId s_bridge = Bridge.Id("br-fabric");
    private static readonly PortEvent.AttachmentRequested s_wanted = new(s_attachment, new NetworkName("fabric"), "digest",
        new SandboxRef("/run/netns/a", 4, 77), new InterfaceName("fab0"), default, 1450, null, s_bridge, [s_pool], [], null, [], [], 0, "boot");
    private static readonly PortEvent.AddressAssigned s_address =
        new(s_pool, AddressPrefix.Parse("10.244.3.7/24"), IpAddress.Parse("10.244.3.1"));

    private readonly EntitySpec<PortState> _port = new(new Port());

    [Fact]
    public void An_attachment_is_journalled_then_asks_for_address_and_port_number()
    {
        var waiting = Assert.IsType<Decision.Waiting>(_port.When(new Command.Attach(s_wanted)));
        Assert.Equal([s_wanted with { Attempt = 1 }], waiting.Events.AsEnumerable());
        Assert.Contains(new Effect.Ask(s_pool, new AddressPool.Command.Allocate(s_attachment, null), 1), _port.Effects);
        Assert.Contains(new Effect.Ask(s_bridge, new Bridge.Command.TakeOfPort(s_attachment), 1), _port.Effects);
        Assert.Contains(_port.Effects, e => e is Effect.StartTimer { Command: Command.Expire { Attempt: 1 } });
        Assert.DoesNotContain(_port.Effects, e => e is Effect.Drive);
    }

    [Fact]
    public void A_requested_address_goes_to_the_pool_of_its_family()
    {
        var v6 = AddressPool.Id("fabric", isV6: true);
        _port.When(new Command.Attach(s_wanted with { Pools = [s_pool, v6], RequestedAddresses = [IpAddress.Parse("2001:db8::7")] }));
        Assert.Contains(new Effect.Ask(s_pool, new AddressPool.Command.Allocate(s_attachment, null), 1), _port.Effects);
        Assert.Contains(new Effect.Ask(v6, new AddressPool.Command.Allocate(s_attachment, IpAddress.Parse("2001:db8::7")), 1),
            _port.Effects);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_is_plumbed_once_both_are_known_in_either_order(bool addressFirst)
    {
        _port.When(new Command.Attach(s_wanted));
        ICommand[] answers = addressFirst ? [Allocated(1), Taken(1)] : [Taken(1), Allocated(1)];
        Assert.Single(_port.Events(answers[0]));
        Assert.Empty(_port.Effects);
        Assert.Single(_port.Events(answers[1]));
        Assert.Equal([new Effect.Drive(new DriverCall.Plumb(s_attachment, 1))], _port.Effects);
        Assert.Equal(PortStage.Plumbing, _port.State.Stage);
    }

    [Fact]
    public void With_delegated_addresses_only_the_port_number_is_needed()
    {
        _port.When(new Command.Attach(s_wanted with { Pools = [], DelegatedAddresses = [AddressPrefix.Parse("192.0.2.7/24")] }));
        _port.When(Taken(1));
        Assert.Equal(PortStage.Plumbing, _port.State.Stage);
        Assert.Equal(["192.0.2.7/24"], _port.State.Addresses.Select(a => a.ToString()));
    }

    [Fact]
    public void What_was_plumbed_is_ready_and_answers_everybody_who_waits()
    {
        Attached();
        Assert.Equal(PortStage.Ready, _port.State.Stage);
        Assert.Contains(new Effect.Answer("attach", new Reply.Attached(_port.State)), _port.Effects);
        Assert.Contains(new Effect.CancelTimer("attach-deadline"), _port.Effects);
    }

    [Fact]
    public void A_repeated_attach_waits_while_it_is_being_attached_and_is_answered_when_it_is()
    {
        _port.When(new Command.Attach(s_wanted));
        Assert.Empty(Assert.IsType<Decision.Waiting>(_port.When(new Command.Attach(s_wanted))).Events);
        _port.When(Allocated(1));
        _port.When(Taken(1));
        Assert.Empty(Assert.IsType<Decision.Waiting>(_port.When(new Command.Attach(s_wanted))).Events);
        _port.When(Plumbed(1));
        Assert.Equal(_port.State, _port.Reply<Reply.Attached>(new Command.Attach(s_wanted)).State);
    }

    [Fact]
    public void An_attach_with_another_configuration_or_namespace_is_refused()
    {
        Attached();
        Assert.Equal("attached-otherwise", _port.Refusal(new Command.Attach(s_wanted with { ConfigurationDigest = "other" })));
        Assert.Equal("attached-otherwise", _port.Refusal(new Command.Attach(s_wanted with { Sandbox = new SandboxRef("/x", 4, 78) })));
        // The path may differ: the namespace is its inode.
        Assert.IsType<Decision.Accepted>(_port.When(new Command.Attach(s_wanted with { Sandbox = new SandboxRef("/x", 4, 77) })));
    }

    [Fact]
    public void A_refused_address_undoes_the_attachment()
    {
        _port.When(new Command.Attach(s_wanted));
        var rejected = new AskOutcome(s_pool, 1, new AskResult.Rejected(new Rejection("pool-exhausted", "all are held")));
        var failed = Assert.IsType<PortEvent.AttachmentFailed>(Assert.Single(_port.Events(rejected)));
        Assert.Equal((2, "pool-exhausted"), (failed.Attempt, failed.Code));
        Assert.Contains(_port.Effects, e => e is Effect.Refuse { Topic: "attach", Reason.Code: "pool-exhausted" });
        Assert.Contains(new Effect.Drive(new DriverCall.Unplumb(s_attachment, 2)), _port.Effects);
    }

    [Fact]
    public void An_attachment_that_takes_too_long_is_undone()
    {
        _port.When(new Command.Attach(s_wanted));
        Assert.Equal("timeout", Assert.IsType<PortEvent.AttachmentFailed>(Assert.Single(_port.Events(new Command.Expire(1)))).Code);
        Assert.Equal(PortStage.Unplumbing, _port.State.Stage);
    }

    [Fact]
    public void A_detachment_removes_traces_first_and_gives_back_last()
    {
        Attached();
        Assert.Single(_port.Events(Detach()));
        Assert.Contains(new Effect.Drive(new DriverCall.Unplumb(s_attachment, 2)), _port.Effects);
        Assert.DoesNotContain(_port.Effects, e => e is Effect.Ask);
        Assert.Equal([new PortEvent.PortUnplumbed(2)], _port.Events(new Command.Unplumbed(2)));
        Assert.Contains(new Effect.Ask(s_pool, new AddressPool.Command.Release(s_attachment), 2), _port.Effects);
        Assert.Contains(new Effect.Ask(s_bridge, new Bridge.Command.FreeOfPort(s_attachment), 2), _port.Effects);
        Assert.Equal([new PortEvent.HoldingReleased(s_pool)], _port.Events(Replied(s_pool, 2, new AddressPool.Reply.Released())));
        Assert.Equal([new PortEvent.HoldingReleased(s_bridge), new PortEvent.Detached(2)],
            _port.Events(Replied(s_bridge, 2, new Bridge.Reply.Freed())));
        Assert.Contains(new Effect.Answer("detach", new Reply.Detached()), _port.Effects);
        Assert.Equal((PortStage.Absent, 2), (_port.State.Stage, _port.State.Attempt));
    }

    [Fact]
    public void Detaching_what_is_absent_succeeds_and_changes_nothing()
    {
        Assert.Empty(_port.Events(Detach()));
        _port.Reply<Reply.Detached>(Detach());
    }

    [Fact]
    public void A_detach_while_attaching_ends_the_waiting_add()
    {
        _port.When(new Command.Attach(s_wanted));
        _port.When(Detach());
        Assert.Contains(_port.Effects, e => e is Effect.Refuse { Topic: "attach", Reason.Code: "detached-meanwhile" });
        // The pool may still have given something: its holding is released with the others.
        _port.When(new Command.Unplumbed(2));
        Assert.Equal(2, _port.Effects.OfType<Effect.Ask>().Count());
    }

    [Fact]
    public void Results_of_older_attempts_are_ignored()
    {
        _port.When(new Command.Attach(s_wanted));
        _port.When(Detach());
        foreach (var late in new ICommand[] { Allocated(1), Taken(1), Plumbed(1), new Command.PlumbFailed(1, "veth", "EBUSY", "late"),
                     new Command.Expire(1), new Command.Unplumbed(1), new Command.UnplumbFailed(1, "late"), new Command.Retry(1) })
            Assert.Empty(_port.Events(late));
    }

    [Fact]
    public void A_removal_that_fails_is_tried_again_later_and_later()
    {
        Attached();
        _port.When(Detach());
        var waits = new List<double>();
        for (var attempt = 2; attempt < 16; attempt += 2)
        {
            _port.When(new Command.UnplumbFailed(attempt, "ovsdb: connection refused"));
            waits.Add(_port.Effects.OfType<Effect.StartTimer>().Single().Due.TotalSeconds);
            Assert.IsType<PortEvent.DetachRetried>(Assert.Single(_port.Events(new Command.Retry(attempt + 1))));
            Assert.Contains(new Effect.Drive(new DriverCall.Unplumb(s_attachment, attempt + 2)), _port.Effects);
        }
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], waits);
    }

    [Fact]
    public void An_attach_while_detaching_is_refused_and_succeeds_afterwards()
    {
        Attached();
        _port.When(Detach());
        Assert.Equal("detaching", _port.Refusal(new Command.Attach(s_wanted)));
        _port.When(new Command.Unplumbed(2));
        Assert.Equal("detaching", _port.Refusal(new Command.Attach(s_wanted)));
        _port.When(Replied(s_pool, 2, new AddressPool.Reply.Released()));
        _port.When(Replied(s_bridge, 2, new Bridge.Reply.Freed()));
        Assert.Equal([s_wanted with { Attempt = 3 }], _port.Events(new Command.Attach(s_wanted)));
    }

    [Theory]
    [InlineData(PortStage.Requested, PortStage.Unplumbing)]
    [InlineData(PortStage.Plumbing, PortStage.Unplumbing)]
    [InlineData(PortStage.Unplumbing, PortStage.Unplumbing)]
    [InlineData(PortStage.Releasing, PortStage.Releasing)]
    public void What_was_unfinished_at_a_crash_is_undone_or_carried_on(PortStage before, PortStage after)
    {
        Reach(before);
        Assert.Equal([new Effect.Tell(Id(s_attachment), new Command.Recover())], _port.Resumed());
        var attempt = _port.State.Attempt;
        Assert.Single(_port.Events(new Command.Recover()));
        Assert.Equal((after, attempt + 1), (_port.State.Stage, _port.State.Attempt));
        Assert.Contains(_port.Effects, e => e is Effect.Drive or Effect.Ask);
    }

    [Fact]
    public void What_was_finished_at_a_crash_is_left_alone()
    {
        Assert.Empty(_port.Resumed());
        Attached();
        Assert.Empty(_port.Resumed());
        Assert.Empty(_port.Events(new Command.Recover()));
    }

    [Theory]
    [InlineData(PortStage.Absent)]
    [InlineData(PortStage.Requested)]
    [InlineData(PortStage.Plumbing)]
    [InlineData(PortStage.Ready)]
    [InlineData(PortStage.Unplumbing)]
    [InlineData(PortStage.Releasing)]
    public void Every_stage_survives_its_snapshot_and_accepts_a_detach(PortStage stage)
    {
        Reach(stage);
        Assert.Equal(stage, _port.State.Stage);
        _port.StateSurvivesItsSnapshot();
        Assert.IsNotType<Decision.Rejected>(_port.When(Detach()));
        Assert.Empty(_port.Events(Detach()));
    }

    private void Reach(PortStage stage)
    {
        if (stage == PortStage.Absent)
            return;
        _port.Given(s_wanted with { Attempt = 1 });
        if (stage == PortStage.Requested)
            return;
        _port.Given(s_address, new PortEvent.OfPortAssigned(new OfPort(64)));
        if (stage == PortStage.Plumbing)
            return;
        _port.Given(Plumbed(1).Facts);
        if (stage == PortStage.Ready)
            return;
        _port.Given(new PortEvent.DetachRequested(2, "DEL"));
        if (stage == PortStage.Releasing)
            _port.Given(new PortEvent.PortUnplumbed(2));
    }

    private void Attached()
    {
        _port.When(new Command.Attach(s_wanted));
        _port.When(Allocated(1));
        _port.When(Taken(1));
        _port.When(Plumbed(1));
    }

    private static Command.Detach Detach() => new(s_attachment, "DEL");

    private static Command.Plumbed Plumbed(int attempt) =>
        new(new PortEvent.AttachmentReady(attempt, 17, default, 2, default, new OfPort(64), "uuid"));

    private static AskOutcome Allocated(int attempt) =>
        Replied(s_pool, attempt, new AddressPool.Reply.Allocated(s_address.Address, s_address.Gateway));

    private static AskOutcome Taken(int attempt) => Replied(s_bridge, attempt, new Bridge.Reply.Taken(new OfPort(64)));

    private static AskOutcome Replied(PersistenceId from, int attempt, IReply reply) => new(from, attempt, new AskResult.Replied(reply));
}
