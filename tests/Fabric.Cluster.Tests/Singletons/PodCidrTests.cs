using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

public sealed class PodCidrTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Quarantine = TimeSpan.FromMinutes(10);

    private ImmutableSortedDictionary<Cidr, PodCidr.Rest> Rested =>
        _state.Resting.Where(r => _at >= r.Value.Since + Quarantine).ToImmutableSortedDictionary();
    private static readonly PodCidr Entity = new();
    private static readonly ClusterCidr V4 = new(Cidr.Parse("10.244.0.0/22"), 24);
    private static readonly ClusterCidr V6 = new(Cidr.Parse("fd00:10::/60"), 64);

    private PodCidr.State _state = Entity.Initial;
    private DateTimeOffset _at = Start;

    [Fact]
    public void Each_node_gets_the_lowest_free_block_of_each_family()
    {
        Configure(V4, V6);
        Assert.Equal(2, Assign("b", "a").Count);
        Assert.Equal("10.244.0.0/24, fd00:10::/64", Held("a"));
        Assert.Equal("10.244.1.0/24, fd00:10:0:1::/64", Held("b"));
        Assert.Empty(Assign("a", "b"));
        Assert.Single(Assign("c", "a", "b"));
        Assert.Equal("10.244.2.0/24, fd00:10:0:2::/64", Held("c"));
    }

    [Fact]
    public void A_node_that_comes_back_has_its_old_blocks_again_while_nobody_else_has_them()
    {
        Configure(V4, V6);
        Assign("a", "b");
        Do(new PodCidr.Command.Free([Node("a")], "removed"));
        Do(new PodCidr.Command.Free([Node("b")], "removed"));
        Assign("b");
        Assert.Equal("10.244.1.0/24, fd00:10:0:1::/64", Held("b"));
        _at += Quarantine;
        Assign("c", "a");
        Assert.Equal("10.244.0.0/24, fd00:10::/64", Held("a"));
        Do(new PodCidr.Command.Free([Node("a")], "removed"));
        _at += Quarantine;
        Assign("d");
        Assert.Equal("10.244.0.0/24, fd00:10::/64", Held("d"));
        Assign("a");
        Assert.Equal("10.244.3.0/24, fd00:10:0:3::/64", Held("a"));
    }

    [Fact]
    public void Running_low_is_said_at_four_fifths_once_and_again_after_it_was_less()
    {
        Configure(new ClusterCidr(Cidr.Parse("10.244.0.0/24"), 27));
        Assert.DoesNotContain(Assign("a", "b", "c", "d", "e", "f"), e => e is PodCidrEvent.PodCidrRunningLow);
        var low = Assert.Single(Assign("a", "b", "c", "d", "e", "f", "g").OfType<PodCidrEvent.PodCidrRunningLow>());
        Assert.Equal((false, 7, 8), (low.IsV6, low.Assigned, low.Blocks));
        Assert.Contains("7 of 8 blocks of 10.244.0.0/24", low.Describe());
        Assert.DoesNotContain(Assign("h"), e => e is PodCidrEvent.PodCidrRunningLow);
        Do(new PodCidr.Command.Free([Node("a")], "removed"));
        Do(new PodCidr.Command.Free([Node("b")], "removed"));
        Assert.Single(Assign("b").OfType<PodCidrEvent.PodCidrRunningLow>());
        Do(new PodCidr.Command.Add(new ClusterCidr(Cidr.Parse("10.245.0.0/24"), 27)));
        Assert.Empty(_state.LowIsV6);
    }

    [Fact]
    public void A_freed_block_rests_and_is_then_the_lowest_again()
    {
        Configure(V4);
        Assign("a", "b");
        Do(new PodCidr.Command.Free([Node("a")], "removed"));
        Assert.Empty(Do(new PodCidr.Command.Free([Node("a")], "removed")));
        Assign("b", "c");
        Assert.Equal("10.244.2.0/24", Held("c"));
        _at += Quarantine;
        Assign("d");
        Assert.Equal("10.244.0.0/24", Held("d"));
        Assert.Empty(_state.Resting);
    }

    [Fact]
    public void When_blocks_run_out_the_first_nodes_get_them_and_the_others_are_named_with_numbers()
    {
        Configure(V4);
        var partial = Assert.IsType<Decision.Accepted>(Decide("a", "b", "c", "d", "e", "f"));
        var reply = Assert.IsType<PodCidr.Reply.Assigned>(partial.Reply);
        Assert.Equal(["e", "f"], reply.Waiting.Select(n => n.Value));
        Assert.Contains("10.244.0.0/22 has 4 blocks of /24, 4 of them taken", reply.Shortage);
        Assign("a", "b", "c", "d", "e", "f");
        var rejected = Assert.IsType<Decision.Rejected>(Decide("a", "b", "c", "d", "e", "f"));
        Assert.Equal("pod-cidrs-exhausted", rejected.Reason.Code);
        Assert.Contains("e, f: 10.244.0.0/22 has 4 blocks", rejected.Reason.Message);
    }

    [Fact]
    public void A_node_that_can_not_get_all_families_gets_none()
    {
        Configure(V4, new ClusterCidr(Cidr.Parse("fd00:20::/63"), 64));
        Assign("a", "b", "c");
        Assert.Equal(["uid-a", "uid-b"], _state.Assigned.Keys);
    }

    [Fact]
    public void A_family_that_is_added_later_reaches_the_nodes_that_are_there()
    {
        Configure(V4);
        Assign("a");
        Do(new PodCidr.Command.Add(V6));
        Assert.Empty(Do(new PodCidr.Command.Add(V6)));
        Assert.Single(Assign("a"));
        Assert.Equal("10.244.0.0/24, fd00:10::/64", Held("a"));
    }

    [Fact]
    public void With_kubernetes_a_machine_that_was_set_up_anew_goes_on_with_the_blocks_of_its_node_object()
    {
        Do(new PodCidr.Command.Configure(PodCidr.SourceKubernetes, [V4, V6]));
        var before = new NodeRef(new NodeName("a"), "uid-before");
        Do(new PodCidr.Command.Record([Blocks(before, "10.244.1.0/24", "fd00:10:0:1::/64")]));
        Assert.Empty(Do(new PodCidr.Command.Record([Blocks(before, "fd00:10:0:1::/64", "10.244.1.0/24")])));
        Assert.Collection(Do(new PodCidr.Command.Record([Blocks(Node("a"), "10.244.1.0/24", "fd00:10:0:1::/64")])),
            e => Assert.Equal("uid-before", Assert.IsType<PodCidrEvent.PodCidrFreed>(e).NodeUid),
            e => Assert.Equal(Node("a").Uid, Assert.IsType<PodCidrEvent.PodCidrAssigned>(e).NodeUid));
        Assert.Empty(_state.Resting);
        Assert.Equal("10.244.1.0/24, fd00:10:0:1::/64", Held("a"));
    }

    [Fact]
    public void Only_the_source_that_was_chosen_gives_blocks()
    {
        Do(new PodCidr.Command.Configure(PodCidr.SourceKubernetes, [V4]));
        Assert.Equal("source-fixed", Assert.IsType<Decision.Rejected>(Entity.Decide(
            _state, new PodCidr.Command.Assign([Node("a")], Rested), _at)).Reason.Code);
        _state = Entity.Initial;
        Configure(V4);
        Assert.Equal("source-fixed", Assert.IsType<Decision.Rejected>(Entity.Decide(
            _state, new PodCidr.Command.Record([Blocks(Node("a"), "10.244.1.0/24")]), _at)).Reason.Code);
    }

    [Fact]
    public void The_source_and_the_first_ranges_are_stated_once_and_older_or_other_settings_change_nothing()
    {
        Configure(V4);
        Assert.Empty(Configure(V4));
        Assert.Empty(Configure());
        Do(new PodCidr.Command.Add(V6));
        Assert.Empty(Configure(V4));
        Assert.Empty(Configure(new ClusterCidr(Cidr.Parse("10.9.0.0/16"), 24)));
        Assert.Equal([V4, V6], _state.ClusterCidrs);
        var rejected = Assert.IsType<Decision.Rejected>(
            Entity.Decide(_state, new PodCidr.Command.Configure(PodCidr.SourceKubernetes, []), _at));
        Assert.Equal("source-fixed", rejected.Reason.Code);
    }

    [Theory]
    [InlineData("10.244.0.0/16", 15)]
    [InlineData("10.244.0.0/16", 31)]
    [InlineData("10.0.0.0/8", 25)]
    [InlineData("fd00:10::/32", 64)]
    [InlineData("10.244.0.0/23", 24)]
    public void A_range_that_can_not_be_cut_or_overlaps_is_refused(string cidr, int nodePrefixLength)
    {
        Configure(V4);
        var range = new ClusterCidr(Cidr.Parse(cidr), nodePrefixLength);
        var rejected = Assert.IsType<Decision.Rejected>(
            Entity.Decide(_state, new PodCidr.Command.Add(range), _at));
        Assert.Contains(cidr, rejected.Reason.Message);
    }

    [Fact]
    public void A_uid_at_two_names_gets_one_block()
    {
        Configure(V4);
        Do(new PodCidr.Command.Assign([new NodeRef(new NodeName("a"), "same"), new NodeRef(new NodeName("b"), "same")], Rested));
        Assert.Equal("a", Assert.Single(_state.Assigned.Values).Node.Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_is_commanded_no_block_is_held_twice_and_a_repeat_is_nothing(int seed)
    {
        var draw = new Draw((ulong)seed);
        Configure(V4, V6);
        for (var step = 0; step < 3_000; step++)
        {
            _at += TimeSpan.FromMinutes(draw.Next(4));
            ICommand command = draw.Next(5) switch
            {
                0 => new PodCidr.Command.Free([Node($"n{draw.Next(8)}")], "test"),
                1 => new PodCidr.Command.Add(new ClusterCidr(Cidr.Parse($"10.{draw.Next(3)}.0.0/{22 + draw.Next(2)}"), 24)),
                _ => new PodCidr.Command.Assign(
                    [.. Enumerable.Range(0, 8).Where(_ => draw.Next(2) == 0).Select(i => Node($"n{i}"))], Rested),
            };
            var before = _state;
            Do(command);
            Assert.Empty(Do(command));
            var held = _state.Assigned.Values.SelectMany(a => a.Cidrs).Order().ToList();
            Assert.All(held.Zip(held.Skip(1)), pair => Assert.False(pair.First.Overlaps(pair.Second), $"{pair} in step {step}"));
            Assert.All(_state.Assigned.Values, a => Assert.All(a.Cidrs, c => Assert.Contains(_state.ClusterCidrs, r => r.Cidr.Contains(c))));
            Assert.DoesNotContain(held, c => _state.Resting.ContainsKey(c));
            if (command is not PodCidr.Command.Free)
                Assert.All(before.Assigned, b => Assert.Superset(b.Value.Cidrs.ToHashSet(), _state.Assigned[b.Key].Cidrs.ToHashSet()));
        }
    }

    private string Held(string node) => string.Join(", ", _state.CidrsOf($"uid-{node}"));

    private static NodeRef Node(string name) => new(new NodeName(name), $"uid-{name}");

    private List<IEvent> Configure(params ClusterCidr[] ranges) => Do(new PodCidr.Command.Configure(PodCidr.SourceFabric, [.. ranges]));

    private List<IEvent> Assign(params string[] nodes) => Do(new PodCidr.Command.Assign([.. nodes.Select(Node)], Rested));

    private Decision Decide(params string[] nodes) =>
        Entity.Decide(_state, new PodCidr.Command.Assign([.. nodes.Select(Node)], Rested), _at);

    private List<IEvent> Do(ICommand command)
    {
        if (Entity.Decide(_state, command, _at) is not Decision.Accepted accepted)
            return [];
        foreach (var e in accepted.Events)
            _state = Entity.Evolve(_state, e);
        return [.. accepted.Events];
    }

    private static NodeBlocks Blocks(NodeRef node, params string[] cidrs) => new(node, [.. cidrs.Select(c => Cidr.Parse(c))]);
}
