using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

public sealed class VtepMeshTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly VtepMesh Entity = new();
    private static readonly VtepMesh.Command.Open Open = new("default", new Vni(1), OverlayKind.Vxlan, 4789);

    private VtepMesh.State _state = Entity.Evolve(Entity.Initial, new MeshEvent.MeshOpened("default", new Vni(1), OverlayKind.Vxlan, 4789));

    [Fact]
    public void A_mesh_is_opened_once_and_other_settings_are_refused_naming_both()
    {
        Assert.Empty(Assert.IsType<Decision.Accepted>(Entity.Decide(_state, Open, At)).Events);
        Assert.Single(Assert.IsType<Decision.Accepted>(Entity.Decide(Entity.Initial, Open, At)).Events);
        var rejected = Assert.IsType<Decision.Rejected>(Entity.Decide(_state, Open with { Overlay = OverlayKind.Geneve }, At));
        Assert.Contains("Vxlan", rejected.Reason.Message);
        Assert.Contains("Geneve", rejected.Reason.Message);
    }

    [Fact]
    public void Members_join_when_they_have_cidrs_and_a_repeat_is_nothing()
    {
        Assert.Equal(["+a"], Sync(1, Member("a", 1), Member("b", 2, cidr: null)));
        Assert.Equal(["+b"], Sync(2, Member("a", 1), Member("b", 2)));
        Assert.Empty(Sync(2, Member("a", 1), Member("b", 2)));
        Assert.Empty(Sync(9, Member("a", 1), Member("b", 2)));
    }

    [Fact]
    public void Whatever_its_agent_does_a_member_stays_in_the_mesh_until_it_is_removed()
    {
        Sync(1, Member("a", 1));
        Assert.Empty(Sync(1, Member("a", 1, state: MemberState.Unreachable)));
        Assert.Empty(Sync(1, Member("a", 1, state: MemberState.Leaving)));
        Assert.Empty(Sync(1, Member("a", 1, state: MemberState.Down)));
        Assert.Equal(["-a: it left"], Sync(1, Member("a", 1, state: MemberState.Removed)));
        Sync(1, Member("a", 1));
        Assert.Equal(["-a: it is no longer a member"], Sync(1));
    }

    [Fact]
    public void An_older_view_of_the_assignments_never_overwrites_a_newer_one()
    {
        Sync(5, Member("a", 1));
        Assert.Equal(["assignments-outdated"], Sync(4, Member("a", 1, cidr: "10.0.9.0/24")));
        Assert.Equal(["assignments-outdated"], Sync(4, Member("a", 1, cidr: null)));
        Assert.Equal(["+a"], Sync(6, Member("a", 1, cidr: "10.0.9.0/24")));
        Assert.Equal(["-a: its pod CIDRs were taken back"], Sync(7, Member("a", 1, cidr: null)));
    }

    [Fact]
    public void Of_two_with_one_vtep_address_the_one_whose_agent_answers_has_it()
    {
        Sync(1, Member("b", 1));
        Assert.Empty(Sync(1, Member("a", 1, cidr: "10.0.8.0/24"), Member("b", 1)));
        Assert.Equal(["-b: another node has its VTEP address (192.0.2.1) or pod CIDR", "+a"],
            Sync(1, Member("a", 1, cidr: "10.0.8.0/24"), Member("b", 1, state: MemberState.Unreachable)));
        Assert.Empty(Sync(1, Member("a", 1, cidr: "10.0.8.0/24"), Member("b", 1, state: MemberState.Unreachable)));
    }

    [Fact]
    public void Who_gives_something_up_comes_before_who_takes_it()
    {
        Sync(1, Member("a", 1, "10.0.1.0/24"), Member("b", 2, "10.0.2.0/24"));
        Assert.Equal(["+b", "+a"], Sync(2, Member("a", 1, "10.0.2.0/24"), Member("b", 2, "10.0.3.0/24")));
        Assert.Equal(["+b", "+a", "+c"],
            Sync(3, Member("a", 1, "10.0.3.0/24"), Member("b", 2, "10.0.4.0/24"), Member("c", 3, "10.0.2.0/24")));
    }

    [Fact]
    public void Of_two_that_exchange_what_they_have_one_leaves_first()
    {
        Sync(1, Member("a", 1, "10.0.1.0/24"), Member("b", 2, "10.0.2.0/24"));
        Assert.Equal(["-b: what it had goes to another node; it joins again", "+a", "+b"],
            Sync(2, Member("a", 1, "10.0.2.0/24"), Member("b", 2, "10.0.1.0/24")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_is_synced_no_address_is_at_two_nodes_and_a_repeat_is_nothing(int seed)
    {
        var draw = new Draw((ulong)seed);
        for (var step = 0; step < 2_000; step++)
        {
            MeshMember[] members =
            [
                .. Enumerable.Range(0, 6).Where(_ => draw.Next(4) > 0).Select(i => Member($"n{i}", draw.Next(4),
                    draw.Next(5) == 0 ? null : $"10.0.{draw.Next(6)}.0/24", (MemberState)draw.Next(6))),
            ];
            var number = step + draw.Next(50);
            if (Sync(number, members) is ["assignments-outdated"])
                continue;
            Assert.Empty(Sync(number, members));
        }
    }

    /// <summary>After each event: others fold them one by one.</summary>
    private void MustBeOneNodesEach()
    {
        var vteps = _state.Joined.Values.SelectMany(j => j.Vteps).ToList();
        var cidrs = _state.Joined.Values.SelectMany(j => j.PodCidrs).ToList();
        Assert.Equal(vteps.Count, vteps.Distinct().Count());
        Assert.Equal(cidrs.Count, cidrs.Distinct().Count());
    }

    private static MeshMember Member(string node, int vtep, string? cidr = "", MemberState state = MemberState.Up) => new(
        new NodeName(node), $"uid-{node}", state, "it left", [IpAddress.Parse($"192.0.2.{vtep}")],
        cidr is null ? [] : [Cidr.Parse(cidr.Length > 0 ? cidr : $"10.0.{vtep}.0/24")]);

    private List<string> Sync(long number, params MeshMember[] members)
    {
        var decision = Entity.Decide(_state, new VtepMesh.Command.Sync([.. members], number), At);
        if (decision is Decision.Rejected rejected)
            return [rejected.Reason.Code];
        var accepted = Assert.IsType<Decision.Accepted>(decision);
        foreach (var e in accepted.Events)
        {
            _state = Entity.Evolve(_state, e);
            MustBeOneNodesEach();
        }
        return
        [
            .. accepted.Events.Select(e => e switch
            {
                MeshEvent.VtepJoined joined => $"+{joined.Node}",
                MeshEvent.VtepLeft left => $"-{left.Node}: {left.Reason}",
                _ => e.ToString()!,
            }),
        ];
    }
}
