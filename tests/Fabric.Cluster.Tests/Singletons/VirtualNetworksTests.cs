using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;
using static Fabric.Cluster.VirtualNetworks;

namespace Fabric.Cluster.Tests;

public sealed class VirtualNetworksTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly VirtualNetworks Entity = new();
    private static readonly Vni DefaultVni = new(4097);

    private State _state = Entity.Initial;

    [Fact]
    public void Networks_get_the_next_vni_and_never_the_default_networks_or_one_of_a_deleted_network()
    {
        Assert.Equal("network blue created: VNI 4096, 10.9.0.0/24 (gateway 10.9.0.1, blocks of /26)", Create("blue"));
        Assert.Equal("network red created: VNI 4098, 10.9.0.0/24 (gateway 10.9.0.1, blocks of /26)", Create("red"));
        Assert.Equal("network red deleted, VNI 4098", Do(new Command.Delete(Name("red"))));
        Assert.Equal("network green created: VNI 4100, 10.9.0.0/24 (gateway 10.9.0.1, blocks of /26)", Create("green", vni: 4100));
        Assert.StartsWith("network red created: VNI 4099,", Create("red"), StringComparison.Ordinal);
        Assert.StartsWith("network grey created: VNI 4101,", Create("grey"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_is_created_once_and_not_changed()
    {
        Create("blue");
        Assert.Equal("", Create("blue"));
        Assert.Equal("", Create("blue", vni: 4096));
        Assert.StartsWith("network-exists:", Create("blue", vni: 5000), StringComparison.Ordinal);
        Assert.StartsWith("network-exists:", Create("blue", 0, Subnet("10.8.0.0/24", 26)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("default", 0, "network-invalid: 'default' is the default network")]
    [InlineData("mine", 0, "network-invalid: 'mine' is the default network")]
    [InlineData("red", 4097, "vni-in-use: VNI 4097 is the default network's")]
    [InlineData("red", 7, "vni-in-use: VNI 7 is network blue's")]
    public void A_name_or_vni_that_is_taken_is_refused(string name, int vni, string reason)
    {
        Create("blue", vni: 7);
        Assert.StartsWith(reason, Create(name, vni), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.9.0.0/24", 23, "10.9.0.1", "the block prefix length in 10.9.0.0/24 must be 24 to 30, not 23")]
    [InlineData("10.9.0.0/24", 31, "10.9.0.1", "the block prefix length in 10.9.0.0/24 must be 24 to 30, not 31")]
    [InlineData("10.9.0.0/24", 26, "10.8.0.1", "the gateway 10.8.0.1 is no address for a host in 10.9.0.0/24")]
    [InlineData("10.9.0.0/24", 26, "10.9.0.0", "the gateway 10.9.0.0 is no address for a host in 10.9.0.0/24")]
    [InlineData("224.9.0.0/24", 26, "224.9.0.1", "224.9.0.0/24 overlaps 224.0.0.0/3")]
    public void A_subnet_that_cannot_work_is_refused(string cidr, int blocks, string gateway, string reason) =>
        Assert.StartsWith($"network-invalid: network blue: {reason}", Create("blue", 0,
            new NetworkSubnet(Cidr.Parse(cidr), IpAddress.Parse(gateway), [], blocks)), StringComparison.Ordinal);

    [Fact]
    public void Subnets_are_one_of_a_family_and_what_is_excluded_is_in_them()
    {
        Assert.StartsWith("network-invalid: network blue: it needs a subnet", Create("blue", 0, []), StringComparison.Ordinal);
        Assert.StartsWith("network-invalid: network blue: it can have one subnet of a family",
            Create("blue", 0, Subnet("10.8.0.0/24", 26), Subnet("10.9.0.0/24", 26)), StringComparison.Ordinal);
        Assert.StartsWith("network-invalid: network blue: what is excluded must be in 10.9.0.0/24, not 10.8.0.0/32",
            Create("blue", 0, Subnet("10.9.0.0/24", 26, "10.8.0.0/32")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_takes_one_block_of_each_family_and_keeps_it()
    {
        Create("blue", 0, Subnet("10.9.0.0/24", 26), Subnet("fd09::/64", 120));
        Assert.Equal("node a took 10.9.0.0/26, fd09::/120 of network blue", Take("a"));
        Assert.Equal("", Take("a"));
        Assert.Equal("node b took 10.9.0.64/26, fd09::100/120 of network blue", Take("b"));
        Assert.StartsWith("unknown-network: there is no network 'pink'; there are blue",
            Do(new Command.TakeBlocks(Name("pink"), Node("a"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Exhaustion_names_the_blocks_and_their_holders()
    {
        Create("blue", 0, Subnet("10.9.0.0/25", 26));
        Take("a");
        Take("b");
        Assert.Equal("blocks-exhausted: network blue: no free /26 in 10.9.0.0/25: 2 of 2 blocks at nodes a, b", Take("c"));
        Return("b");
        Assert.Equal("blocks-exhausted: network blue: no free /26 in 10.9.0.0/25: 1 of 2 blocks at node a, 1 came back and still rest",
            Take("c"));
    }

    [Fact]
    public void A_block_that_came_back_is_anothers_once_it_has_rested_and_its_holders_at_once()
    {
        Create("blue");
        Take("a");
        Assert.StartsWith("10.9.0.0/26 of network blue came back from node a", Return("a"), StringComparison.Ordinal);
        Assert.Equal("", Return("a"));
        Assert.Equal("node b took 10.9.0.64/26 of network blue", Take("b"));
        Assert.Equal("node a took 10.9.0.0/26 of network blue", Take("a"));
        Return("a");
        var rested = new Command.EndRest(_state.Resting().ToImmutableSortedDictionary());
        Assert.Equal("10.9.0.0/26 of network blue have rested", Do(rested));
        Assert.Equal("", Do(rested));
        Assert.Equal("node c took 10.9.0.0/26 of network blue", Take("c"));
    }

    [Fact]
    public void A_rest_that_began_anew_is_not_ended_by_an_older_clock()
    {
        Create("blue");
        Take("a");
        Return("a");
        var first = new Command.EndRest(_state.Resting().ToImmutableSortedDictionary());
        Take("a");
        Do(new Command.ReturnBlocks(Name("blue"), Node("a"), "again"), At.AddSeconds(1));
        Assert.Equal("", Do(first));
    }

    [Fact]
    public void Blocks_that_are_excluded_or_hold_a_claim_are_nobodys_pool()
    {
        Create("blue", 0, Subnet("10.9.0.0/24", 26, "10.9.0.0/25"));
        Claim("a", "10.9.0.130");
        Assert.Equal("node b took 10.9.0.192/26 of network blue", Take("b"));
        Assert.EndsWith(", 1 have claimed addresses, 10.9.0.0/25 excluded", Take("c"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.8.0.9", "address-outside")]
    [InlineData("10.9.0.0", "address-reserved")]
    [InlineData("10.9.0.1", "address-reserved")]
    [InlineData("10.9.0.255", "address-reserved")]
    [InlineData("10.9.0.250", "address-reserved")]
    [InlineData("10.9.0.70", "address-held: it is in 10.9.0.64/26, node b's block")]
    [InlineData("10.9.0.200", "address-held: it is claimed by c0ffee/eth0 on node a")]
    public void An_address_is_claimed_only_if_no_other_pod_can_have_it(string address, string reason)
    {
        Create("blue", 0, Subnet("10.9.0.0/24", 26, "10.9.0.250/32"));
        Take("a");
        Take("b");
        Assert.StartsWith("node a claimed", Claim("a", "10.9.0.200"), StringComparison.Ordinal);
        Assert.Equal("", Claim("a", "10.9.0.200"));
        Assert.StartsWith(reason, Claim("c", address, "beef/eth0"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_is_released_by_its_holder_alone()
    {
        Create("blue");
        Claim("a", "10.9.0.200");
        Assert.Equal("", Release("b", "10.9.0.200"));
        Assert.StartsWith("10.9.0.200 of network blue came back", Release("a", "10.9.0.200"), StringComparison.Ordinal);
        Assert.Equal("", Release("a", "10.9.0.200"));
    }

    [Fact]
    public void An_address_of_a_block_that_rests_is_claimed_by_nobody_but_its_holder()
    {
        Create("blue");
        Take("a");
        Return("a");
        Assert.StartsWith("address-held: it is of 10.9.0.0/26, which came back from another node and still rests",
            Claim("b", "10.9.0.9"), StringComparison.Ordinal);
        Assert.StartsWith("node a claimed 10.9.0.9", Claim("a", "10.9.0.9"), StringComparison.Ordinal);
        Release("a", "10.9.0.9");
        Do(new Command.EndRest(_state.Resting().ToImmutableSortedDictionary()));
        Assert.StartsWith("node b claimed 10.9.0.9", Claim("b", "10.9.0.9"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_removed_nodes_claim_rests_and_one_that_its_pod_gave_back_does_not()
    {
        Create("blue");
        Claim("a", "10.9.0.9");
        Release("a", "10.9.0.9");
        Claim("b", "10.9.0.9");
        Do(new Command.FreeNodes([Node("b")], "removed"));
        Assert.StartsWith("address-held: it is of 10.9.0.9/32, which came back", Claim("a", "10.9.0.9"), StringComparison.Ordinal);
        Assert.Equal("node a took 10.9.0.64/26 of network blue", Take("a"));
        Assert.StartsWith("node b claimed 10.9.0.9", Claim("b", "10.9.0.9"), StringComparison.Ordinal);
        Do(new Command.FreeNodes([Node("b")], "removed"));
        var rested = new Command.EndRest(_state.Resting().ToImmutableSortedDictionary());
        Assert.NotEqual("", Do(rested));
        Assert.Equal("", Do(rested));
        Assert.Equal("node c took 10.9.0.0/26 of network blue", Take("c"));
    }

    [Fact]
    public void A_network_in_use_is_not_deleted_and_the_nodes_are_named()
    {
        Create("blue");
        Take("a");
        Claim("b", "10.9.0.200");
        Assert.StartsWith("network-in-use: network blue is in use on nodes a, b", Do(new Command.Delete(Name("blue"))), StringComparison.Ordinal);
        Do(new Command.FreeNodes([Node("a"), Node("b")], "removed"));
        Assert.Equal("network blue deleted, VNI 4096", Do(new Command.Delete(Name("blue"))));
        Assert.Equal("", Do(new Command.Delete(Name("blue"))));
        var gone = Assert.Single(_state.Deleted);
        Assert.NotEmpty(Do(new Command.Forget(gone)));
        Assert.StartsWith("unknown-network", Do(new Command.Delete(Name("blue"))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_removed_node_held_comes_back_in_every_network()
    {
        Create("blue");
        Create("red");
        Take("a");
        Claim("a", "10.9.0.200");
        Do(new Command.TakeBlocks(Name("red"), Node("a")));
        var free = new Command.FreeNodes([Node("a")], "removed");
        Assert.Equal(3, Do(free).Split(" | ").Length);
        Assert.Equal("", Do(free));
        Assert.False(_state.Holds("uid-a"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_is_asked_no_vni_block_or_address_has_two_holders_and_a_repeat_is_nothing(int seed)
    {
        var draw = new Draw((ulong)seed);
        var vnis = new HashSet<Vni>();
        for (var step = 0; step < 3_000; step++)
        {
            var name = Name($"n{draw.Next(3)}");
            var node = Node($"{(char)('a' + draw.Next(5))}");
            var attachment = AttachmentId.Parse($"c{draw.Next(4)}/eth0");
            var address = IpAddress.Parse($"10.9.0.{draw.Next(128)}");
            Command command = draw.Next(10) switch
            {
                0 => new Command.Create(name, draw.Next(3) == 0 ? new Vni((uint)(4096 + draw.Next(40))) : null,
                    [Subnet("10.9.0.0/25", 27, "10.9.0.32/28")], DefaultVni, []),
                1 => new Command.Delete(name),
                2 or 3 => new Command.TakeBlocks(name, node),
                4 => new Command.ReturnBlocks(name, node, "gone"),
                5 or 6 => new Command.ClaimAddress(name, node, attachment, address),
                7 => new Command.ReleaseClaim(name, node, attachment, address, "gone"),
                8 => new Command.FreeNodes([node], "removed"),
                _ => new Command.EndRest(_state.Resting().ToImmutableSortedDictionary()),
            };
            var before = _state;
            var done = Do(command, At.AddSeconds(step));
            if (command is Command.Create { Vni: null } && !_state.Networks.IsEmpty && before.LastVni != _state.LastVni)
                Assert.True(vnis.Add(_state.Networks[name].Vni), "no VNI is given twice");
            if (!ReferenceEquals(before, _state))
                Assert.Equal("", Do(command, At.AddSeconds(step)));
            MustHold();
        }
    }

    private void MustHold()
    {
        Assert.Equal(_state.Networks.Count, _state.Networks.Values.Select(n => n.Vni).Append(DefaultVni).Distinct().Count() - 1);
        foreach (var network in _state.Networks.Values)
        {
            var blocks = network.Holdings.Values.SelectMany(h => h.Blocks).ToList();
            Assert.Equal(blocks.Count, blocks.Distinct().Count());
            Assert.All(network.Claims.Keys, a => Assert.DoesNotContain(blocks, b => b.Contains(a)));
            Assert.All(blocks, b => Assert.DoesNotContain(b, network.Resting.Keys));
            Assert.All(network.Claims, c => Assert.DoesNotContain(
                network.Resting, r => r.Key.Contains(c.Key) && r.Value.Uid != c.Value.Uid));
        }
    }

    private static NetworkName Name(string name) => new(name);

    private static NodeRef Node(string name) => new(new NodeName(name), $"uid-{name}");

    private static NetworkSubnet Subnet(string cidr, int blocks, params string[] excluded) =>
        new(Cidr.Parse(cidr), Cidr.Parse(cidr).At(1), [.. excluded.Select(e => Cidr.Parse(e))], blocks);

    private string Create(string name, int vni = 0, params NetworkSubnet[]? subnets) => Do(new Command.Create(
        Name(name), vni == 0 ? null : new Vni((uint)vni), [.. subnets!], DefaultVni, ["mine"]));

    private string Create(string name, int vni = 0) => Create(name, vni, Subnet("10.9.0.0/24", 26));

    private string Take(string node) => Do(new Command.TakeBlocks(Name("blue"), Node(node)));

    private string Return(string node) => Do(new Command.ReturnBlocks(Name("blue"), Node(node), "its last pod is gone"));

    private string Claim(string node, string address, string attachment = "c0ffee/eth0") => Do(new Command.ClaimAddress(
        Name("blue"), Node(node), AttachmentId.Parse(attachment), IpAddress.Parse(address)));

    private string Release(string node, string address) => Do(new Command.ReleaseClaim(
        Name("blue"), Node(node), AttachmentId.Parse("c0ffee/eth0"), IpAddress.Parse(address), "gone"));

    /// <summary>The events' texts, or the refusal's code and message.</summary>
    private string Do(Command command, DateTimeOffset? at = null)
    {
        var decision = Entity.Decide(_state, command, at ?? At);
        if (decision is Decision.Rejected rejected)
            return $"{rejected.Reason.Code}: {rejected.Reason.Message}";
        var accepted = Assert.IsType<Decision.Accepted>(decision);
        foreach (var e in accepted.Events)
            _state = Entity.Evolve(_state, e);
        return string.Join(" | ", accepted.Events.Select(e => e.Describe()));
    }
}
