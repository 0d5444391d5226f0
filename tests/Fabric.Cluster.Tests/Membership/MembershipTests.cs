using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

public sealed class MembershipTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly Membership Entity = new();

    private Membership.State _state = Entity.Initial;

    [Fact]
    public void A_new_node_joins_and_is_up_in_one_commit_and_a_repeat_is_nothing()
    {
        Assert.Equal(["MemberJoining", "MemberUp", "MemberJoining", "MemberUp"],
            Observe(See("b"), See("a", liveness: LeaseLiveness.Unproven)));
        Assert.Equal(["a", "b"], _state.Up.Select(m => m.Node.Value));
        Assert.Empty(Observe(See("a"), See("b")));
    }

    [Fact]
    public void An_expired_lease_makes_a_member_unreachable_once_and_a_renewal_brings_it_back()
    {
        Observe(See("a"));
        Assert.Equal(["MemberUnreachable"], Observe(See("a", liveness: LeaseLiveness.Expired)));
        Assert.Empty(Observe(See("a", liveness: LeaseLiveness.Expired)));
        Assert.Empty(Observe(See("a", liveness: LeaseLiveness.Unproven)));
        Assert.Equal(MemberState.Unreachable, StateOf("a"));
        Assert.Equal(["MemberUp"], Observe(See("a")));
    }

    [Fact]
    public void A_new_observer_marks_nobody_unreachable_before_the_time_is_up()
    {
        Observe(See("a"));
        Assert.Empty(Observe(See("a", liveness: LeaseLiveness.Unproven)));
        Assert.Equal(MemberState.Up, StateOf("a"));
    }

    [Fact]
    public void An_expired_lease_of_a_stranger_is_no_member() =>
        Assert.Empty(Observe(See("a", liveness: LeaseLiveness.Expired), See("b", says: NodeLeaseState.Stopped)));

    [Fact]
    public void A_higher_incarnation_is_a_restart_and_a_lower_one_is_ignored()
    {
        Observe(See("a", incarnation: 3));
        Assert.Equal(["MemberRestarted", "MemberUp"], Observe(See("a", incarnation: 4)));
        Assert.Empty(Observe(See("a", incarnation: 3, liveness: LeaseLiveness.Expired)));
        Assert.Equal(4, _state.Members[new NodeName("a")].Incarnation);
        Assert.Equal(MemberState.Up, StateOf("a"));
    }

    [Fact]
    public void A_restart_that_died_again_is_recorded_and_unreachable()
    {
        Observe(See("a"));
        Assert.Equal(["MemberRestarted", "MemberUnreachable"],
            Observe(See("a", incarnation: 2, liveness: LeaseLiveness.Expired)));
    }

    [Theory]
    [InlineData(LeaseLiveness.Live)]
    [InlineData(LeaseLiveness.Unproven)]
    [InlineData(LeaseLiveness.Expired)]
    public void A_node_that_stops_in_good_order_is_leaving_and_down_whenever_its_farewell_is_read(LeaseLiveness liveness)
    {
        Observe(See("a"));
        Assert.Equal(["MemberLeaving", "MemberDown"], Observe(See("a", says: NodeLeaseState.Stopped, liveness: liveness)));
        Assert.Empty(Observe(See("a", says: NodeLeaseState.Stopped, liveness: liveness)));
        Assert.Empty(Observe());
        Assert.Equal(["MemberRestarted", "MemberUp"], Observe(See("a", incarnation: 2)));
    }

    [Fact]
    public void A_node_that_left_for_good_is_removed_and_frees_what_it_held()
    {
        Observe(See("a"));
        Assert.Equal(["MemberLeaving", "MemberRemoved"], Observe(See("a", says: NodeLeaseState.Left)));
        Assert.Empty(Observe(See("a", says: NodeLeaseState.Left)));
        Assert.True(_state.Former["uid-a"].FreesCidrs);
        Assert.Equal(["MemberJoining", "MemberUp"], Observe(See("a", incarnation: 2)));
        Assert.Empty(_state.Former);
    }

    [Fact]
    public void A_drained_node_is_leaving_through_silence_and_restarts_until_it_is_drained_no_longer()
    {
        Observe(See("a"));
        Assert.Equal(["MemberDrained", "MemberLeaving"], Do(Drain("a", true)));
        Assert.Empty(Do(Drain("a", true)));
        Assert.Empty(Observe(See("a")));
        Assert.Equal(["MemberUnreachable"], Observe(See("a", liveness: LeaseLiveness.Expired)));
        Assert.Equal(["MemberLeaving"], Observe(See("a")));
        Assert.Equal(["MemberRestarted", "MemberLeaving"], Observe(See("a", incarnation: 2)));
        Assert.Equal(["MemberDrained", "MemberUp"], Do(Drain("a", false)));
        Assert.Equal("unknown-node", Refused(Drain("b", true)).Code);
    }

    [Fact]
    public void A_node_whose_agent_runs_is_removed_only_by_force_and_others_at_the_operators_word()
    {
        Observe(See("a"), See("b"));
        Assert.Equal("node-up", Refused(Remove("a")).Code);
        var unknown = Refused(Remove("c"));
        Assert.Equal(("unknown-node", "the cluster has no node c; its members: a, b"), (unknown.Code, unknown.Message));
        Assert.Equal(["MemberRemoved"], Do(Remove("a", force: true)));
        Observe(See("b", liveness: LeaseLiveness.Expired));
        Assert.Equal(["MemberRemoved"], Do(Remove("b")));
        Assert.Empty(Do(Remove("b")));
        Assert.Empty(_state.Members);
        Assert.Equal(["uid-a", "uid-b"], _state.Former.Keys);
    }

    [Fact]
    public void A_node_that_started_again_and_died_before_anybody_saw_it_does_not_come_back_after_its_removal()
    {
        Observe(See("a"));
        Assert.Equal(["MemberRemoved"], Do(Remove("a", force: true) with { Lease = See("a", incarnation: 2).Lease }));
        Assert.Empty(Observe(See("a", incarnation: 2)));
        Assert.Equal(["MemberJoining", "MemberUp"], Observe(See("a", incarnation: 3)));
        Do(Remove("a", force: true) with { Lease = See("a", uid: "another", incarnation: 9).Lease });
        Assert.Equal(["MemberJoining", "MemberUp"], Observe(See("a", incarnation: 4)));
    }

    [Fact]
    public void A_removed_node_is_no_member_before_it_has_found_out()
    {
        Observe(See("a", incarnation: 4));
        Do(Remove("a", force: true));
        Assert.Empty(Observe(See("a", incarnation: 4)));
        Assert.Empty(Observe(See("a", incarnation: 4, liveness: LeaseLiveness.Unproven)));
        Assert.Equal(["MemberJoining", "MemberUp"], Observe(See("a", incarnation: 5)));
    }

    [Fact]
    public void A_removal_by_time_frees_nothing_and_spares_who_has_come_back()
    {
        Observe(See("a"), See("b"));
        Observe(See("a", liveness: LeaseLiveness.Expired), See("b", liveness: LeaseLiveness.Expired));
        var (a, b) = (Silent(Ref("a"), 1), Silent(Ref("b"), 1));
        Observe(See("a", liveness: LeaseLiveness.Expired), See("b", incarnation: 2));
        Assert.Equal(["MemberRemoved"], Do(a));
        Assert.Empty(Do(a));
        Assert.Empty(Do(b));
        Assert.False(_state.Former["uid-a"].FreesCidrs);
        Assert.Equal(["MemberRemoved"], Do(Remove("a")));
        Assert.True(_state.Former["uid-a"].FreesCidrs);
    }

    [Fact]
    public void Who_had_the_name_of_a_reinstalled_node_holds_until_it_is_removed_by_uid()
    {
        Observe(See("a"));
        Observe(See("a", uid: "new"));
        Assert.Equal((MemberState.Down, false), (_state.Former["uid-a"].State, _state.Former["uid-a"].FreesCidrs));
        Assert.Contains("can be removed by uid: uid-a", Refused(Remove("a")).Message);
        Assert.Equal(["MemberRemoved"], Do(Remove("a", uid: "uid-a")));
        Assert.Equal("new", _state.Members[new NodeName("a")].Uid);
        Observe(See("a", uid: "new", liveness: LeaseLiveness.Expired));
        var both = Assert.IsType<Decision.Accepted>(Entity.Decide(_state, Remove("a"), At));
        Assert.Equal(["new", "uid-a"], Assert.IsType<Membership.Reply.Removed>(both.Reply).Nodes.Select(n => n.Uid));
    }

    [Fact]
    public void Where_the_singletons_run_is_said_once_for_each_term()
    {
        Assert.Equal(["SingletonMoved"], Do(new Membership.Command.Lead(Ref("a"), 1)));
        Assert.Empty(Do(new Membership.Command.Lead(Ref("a"), 1)));
        Assert.Equal(["SingletonMoved"], Do(new Membership.Command.Lead(Ref("b"), 1)));
    }

    [Fact]
    public void Of_the_uids_that_hold_nothing_only_the_newest_are_remembered()
    {
        var at = At;
        for (var i = 0; i < Membership.MaxFormer + 20; i++)
        {
            _state = Entity.Evolve(_state, new MembershipEvent.MemberRemoved(
                new NodeName($"n{i}"), $"u{i}", 1, FreesCidrs: i != 3, "test", at.AddSeconds(i)));
        }
        Assert.Equal(Membership.MaxFormer + 1, _state.Former.Count);
        Assert.Contains("u3", _state.Former.Keys);
        Assert.DoesNotContain("u19", _state.Former.Keys);
    }

    [Fact]
    public void A_lease_that_vanishes_without_a_farewell_makes_its_node_unreachable()
    {
        Observe(See("a"));
        Assert.Equal(["MemberUnreachable"], Observe());
        Assert.Empty(Observe());
    }

    [Fact]
    public void Another_uid_under_the_same_name_is_a_new_member_in_the_old_ones_place()
    {
        Observe(See("a"));
        Assert.Equal(["MemberDown", "MemberJoining", "MemberUp"], Observe(See("a", uid: "new")));
        Assert.Equal("new", _state.Members[new NodeName("a")].Uid);
    }

    [Fact]
    public void A_copied_state_directory_does_not_join_while_the_original_lives()
    {
        Observe(See("a", uid: "same"));
        Assert.Empty(Observe(See("a", uid: "same"), See("b", uid: "same")));
        Assert.Equal(["MemberUnreachable", "MemberRemoved", "MemberJoining", "MemberUp"],
            Observe(See("a", uid: "same", liveness: LeaseLiveness.Expired), See("b", uid: "same")));
        Assert.Empty(Observe(See("a", uid: "same", liveness: LeaseLiveness.Expired), See("b", uid: "same")));
        Assert.Empty(Observe(See("a", uid: "same"), See("b", uid: "same")));
    }

    [Fact]
    public void More_nodes_than_one_commit_takes_come_in_several()
    {
        LeaseSighting[] all = [.. Enumerable.Range(0, 1_500).Select(i => See($"n{i}"))];
        Assert.Equal(Membership.MaxEventsPerCommit, Observe(all).Count);
        Observe(all);
        Observe(all);
        Assert.Empty(Observe(all));
        Assert.Equal(1_500, _state.Up.Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_is_observed_a_repeat_is_nothing_and_no_uid_is_at_two_members(int seed)
    {
        var draw = new Draw((ulong)seed);
        for (var step = 0; step < 2_000; step++)
        {
            LeaseSighting[] seen =
            [
                .. Enumerable.Range(0, 6).Where(_ => draw.Next(4) > 0).Select(i => See($"n{i}", $"u{draw.Next(8)}",
                    draw.Next(4), (LeaseLiveness)draw.Next(3), (NodeLeaseState)Math.Max(0, draw.Next(8) - 5))),
            ];
            Observe(seen);
            Assert.Empty(Observe(seen));
            var name = $"n{draw.Next(6)}";
            ICommand command = draw.Next(3) switch
            {
                0 => Drain(name, draw.Next(2) == 0),
                1 => Remove(name, draw.Next(2) == 0 ? null : $"u{draw.Next(8)}", draw.Next(2) == 0),
                _ => Silent(new NodeRef(new NodeName(name), $"u{draw.Next(8)}"), draw.Next(4)),
            };
            Try(command);
            Assert.Empty(Try(command));
            var uids = _state.Members.Values.Select(m => m.Uid).Concat(_state.Former.Keys).ToList();
            Assert.Equal(uids.Count, uids.Distinct().Count());
            Assert.DoesNotContain(_state.Members.Values, m => m.State == MemberState.Removed);
        }
    }

    private MemberState StateOf(string node) => _state.Members[new NodeName(node)].State;

    private List<string> Observe(params LeaseSighting[] leases) => Do(new Membership.Command.Observe([.. leases]));

    private List<string> Do(ICommand command)
    {
        Assert.IsType<Decision.Accepted>(Entity.Decide(_state, command, At));
        return Try(command);
    }

    private List<string> Try(ICommand command)
    {
        if (Entity.Decide(_state, command, At) is not Decision.Accepted accepted)
            return [];
        foreach (var e in accepted.Events)
            _state = Entity.Evolve(_state, e);
        return [.. accepted.Events.Select(e => e.GetType().Name)];
    }

    private Rejection Refused(ICommand command) => Assert.IsType<Decision.Rejected>(Entity.Decide(_state, command, At)).Reason;

    private static Membership.Command.Drain Drain(string node, bool drained) => new(new NodeName(node), drained, "test");

    private static Membership.Command.Remove Remove(string node, string? uid = null, bool force = false) =>
        new(new NodeName(node), uid, force, "test");

    private static Membership.Command.RemoveSilent Silent(NodeRef node, long incarnation) =>
        new([new SilentMember(node, incarnation)], "silent");

    private static NodeRef Ref(string node) => new(new NodeName(node), $"uid-{node}");

    private static LeaseSighting See(string node, string? uid = null, long incarnation = 1,
        LeaseLiveness liveness = LeaseLiveness.Live, NodeLeaseState says = NodeLeaseState.Up) => new(
        new NodeLeaseRecord(new NodeName(node), uid ?? $"uid-{node}", incarnation, [IpAddress.Parse("192.0.2.1")],
            [IpAddress.Parse("192.0.2.1")], "0.1.0", 1, says), liveness);
}
