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
        Assert.Empty(Observe(See("a", liveness: LeaseLiveness.Expired), See("b", leaving: true)));

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

    [Fact]
    public void A_node_that_leaves_is_down_when_its_lease_is_withdrawn()
    {
        Observe(See("a"));
        Assert.Equal(["MemberLeaving"], Observe(See("a", leaving: true)));
        Assert.Equal(["MemberDown"], Observe());
        Assert.Empty(Observe());
        Assert.Equal(["MemberRestarted", "MemberUp"], Observe(See("a", incarnation: 2)));
    }

    [Fact]
    public void A_lease_that_vanishes_without_a_farewell_makes_its_node_unreachable()
    {
        Observe(See("a"));
        Assert.Equal(["MemberUnreachable"], Observe());
        Assert.Empty(Observe());
    }

    [Fact]
    public void A_node_that_dies_while_leaving_stays_unreachable()
    {
        Observe(See("a"));
        Observe(See("a", leaving: true));
        Assert.Equal(["MemberUnreachable"], Observe(See("a", leaving: true, liveness: LeaseLiveness.Expired)));
        Assert.Empty(Observe(See("a", leaving: true, liveness: LeaseLiveness.Unproven)));
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
        Assert.Equal(["MemberUnreachable", "MemberDown", "MemberJoining", "MemberUp"],
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
                    draw.Next(4), (LeaseLiveness)draw.Next(3), draw.Next(5) == 0)),
            ];
            Observe(seen);
            Assert.Empty(Observe(seen));
            var living = _state.Members.Values.Where(m => m.State != MemberState.Down).Select(m => m.Uid).ToList();
            Assert.Equal(living.Count, living.Distinct().Count());
        }
    }

    private MemberState StateOf(string node) => _state.Members[new NodeName(node)].State;

    private List<string> Observe(params LeaseSighting[] leases)
    {
        var accepted = Assert.IsType<Decision.Accepted>(Entity.Decide(_state, new Membership.Command.Observe([.. leases]), At));
        foreach (var e in accepted.Events)
            _state = Entity.Evolve(_state, e);
        return [.. accepted.Events.Select(e => e.GetType().Name)];
    }

    private static LeaseSighting See(string node, string? uid = null, long incarnation = 1,
        LeaseLiveness liveness = LeaseLiveness.Live, bool leaving = false) => new(
        new NodeLeaseRecord(new NodeName(node), uid ?? $"uid-{node}", incarnation, [IpAddress.Parse("192.0.2.1")],
            [IpAddress.Parse("192.0.2.1")], "0.1.0", leaving ? NodeLeaseState.Leaving : NodeLeaseState.Up), liveness);
}
