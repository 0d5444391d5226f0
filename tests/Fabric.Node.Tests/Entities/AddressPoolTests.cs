using Fabric.Actors;
using Fabric.Messages;
using FsCheck;
using FsCheck.Fluent;
using static Fabric.Node.AddressPool;

namespace Fabric.Node.Tests;

public sealed class AddressPoolTests
{
    private static readonly Cidr s_block = Cidr.Parse("10.244.3.0/29");

    private readonly EntitySpec<AddressPool.State> _pool = new(new AddressPool());

    [Fact]
    public void A_pool_without_a_block_gives_nothing() => Assert.Equal("pool-closed", _pool.Refusal(Allocate("a")));

    [Fact]
    public void The_block_is_opened_once_and_may_be_replaced()
    {
        Assert.Equal([new PoolEvent.PoolOpened(s_block, 3)], _pool.Events(new Command.Open(s_block)));
        Assert.Empty(_pool.Events(new Command.Open(s_block)));
        var other = Cidr.Parse("10.244.4.0/29");
        Assert.Equal([new PoolEvent.PoolOpened(other, 3)], _pool.Events(new Command.Open(other)));
    }

    [Fact]
    public void A_pool_is_closed_once_and_only_when_nobody_holds_anything_and_then_gives_nothing()
    {
        Open();
        Give("a");
        Assert.Equal("addresses-held", _pool.Refusal(new Command.Close("drained")));
        _pool.When(new Command.Release(AttachmentId.Parse("a/eth0")));
        Assert.Equal([new PoolEvent.PoolClosed(s_block, "drained")], _pool.Events(new Command.Close("drained")));
        Assert.Empty(_pool.Events(new Command.Close("drained")));
        Assert.Equal("pool-closed", _pool.Refusal(Allocate("a")));
        Open();
        Assert.Equal(["10.244.3.4"], Give("b"));
    }

    [Fact]
    public void The_first_three_addresses_and_the_broadcast_address_are_never_given()
    {
        Open();
        Assert.Equal(["10.244.3.3", "10.244.3.4", "10.244.3.5", "10.244.3.6"], Give("a", "b", "c", "d"));
        Assert.Equal("pool-exhausted", _pool.Refusal(Allocate("e")));
    }

    [Fact]
    public void A_v6_block_has_no_broadcast_address()
    {
        _pool.Given(new PoolEvent.PoolOpened(Cidr.Parse("2001:db8::/126"), 3));
        Assert.Equal(["2001:db8::3"], Give("a"));
        Assert.Equal("pool-exhausted", _pool.Refusal(Allocate("b")));
    }

    [Fact]
    public void The_answer_names_address_prefix_and_gateway()
    {
        Open();
        Assert.Equal(new Reply.Allocated(AddressPrefix.Parse("10.244.3.3/29"), IpAddress.Parse("10.244.3.1")),
            _pool.Reply<Reply.Allocated>(Allocate("a")));
    }

    [Fact]
    public void A_repeated_allocate_returns_the_same_address_and_changes_nothing()
    {
        Open();
        var first = _pool.Reply<Reply.Allocated>(Allocate("a"));
        Assert.Empty(_pool.Events(Allocate("a")));
        Assert.Equal(first, _pool.Reply<Reply.Allocated>(Allocate("a")));
        Assert.Equal(first, _pool.Reply<Reply.Allocated>(Allocate("a", first.Address.Address.ToString())));
        Assert.Equal("address-differs", _pool.Refusal(Allocate("a", "10.244.3.5")));
    }

    [Fact]
    public void Addresses_are_given_next_fit_not_the_one_that_was_just_free()
    {
        Open();
        Give("a", "b");
        Release("a");
        _pool.After(TimeSpan.FromMinutes(5));
        Assert.Equal(["10.244.3.5", "10.244.3.6", "10.244.3.3"], Give("c", "d", "e"));
    }

    [Fact]
    public void A_released_address_rests_for_sixty_seconds()
    {
        Open();
        Give("a", "b", "c", "d");
        Release("b");
        _pool.After(TimeSpan.FromSeconds(60) - TimeSpan.FromTicks(1));
        var early = Assert.IsType<PoolEvent.AddressAllocated>(Assert.Single(_pool.Events(Allocate("e"))));
        Assert.True(early.EndedRest);
        Release("c");
        _pool.After(TimeSpan.FromSeconds(60));
        var late = Assert.IsType<PoolEvent.AddressAllocated>(Assert.Single(_pool.Events(Allocate("f"))));
        Assert.Equal(("10.244.3.5", false), (late.Address.ToString(), late.EndedRest));
    }

    [Fact]
    public void An_exhausted_pool_takes_what_has_rested_longest()
    {
        Open();
        Give("a", "b", "c", "d");
        foreach (var holder in new[] { "c", "a", "d" })
        {
            Release(holder);
            _pool.After(TimeSpan.FromSeconds(1));
        }
        var events = _pool.Events(Allocate("e"));
        Assert.Equal([new PoolEvent.AddressAllocated(Attachment("e"), IpAddress.Parse("10.244.3.5"), EndedRest: true)], events);
    }

    [Fact]
    public void What_rests_outside_the_block_is_not_given()
    {
        Open();
        Give("a", "b");
        Release("a");
        Release("b");
        _pool.Given(new PoolEvent.PoolOpened(Cidr.Parse("10.244.4.0/30"), 3));
        Assert.Equal("pool-exhausted", _pool.Refusal(Allocate("c")));
        _pool.Given(new PoolEvent.PoolOpened(Cidr.Parse("10.244.3.4/30"), 3));
        Assert.Equal("pool-exhausted", _pool.Refusal(Allocate("c")));
        _pool.Given(new PoolEvent.PoolOpened(s_block, 3));
        Give("c", "d");
        Assert.Equal(["10.244.3.3"], Give("e"));
    }

    [Fact]
    public void A_rest_outside_the_block_hides_none_inside()
    {
        _pool.Given(new PoolEvent.PoolOpened(Cidr.Parse("10.244.4.0/29"), 3));
        Give("old");
        Release("old");
        _pool.After(TimeSpan.FromSeconds(1));
        Open();
        Give("a", "b", "c", "d");
        Release("b");
        Assert.Equal(["10.244.3.4"], Give("e"));
    }

    [Theory]
    [InlineData("10.244.4.5", "address-outside")]
    [InlineData("2001:db8::5", "address-outside")]
    [InlineData("10.244.3.2", "address-reserved")]
    [InlineData("10.244.3.7", "address-reserved")]
    [InlineData("10.244.3.3", "address-held")]
    public void A_requested_address_that_can_not_be_given_is_refused_with_the_reason(string address, string code)
    {
        Open();
        Give("a");
        Assert.Equal(code, _pool.Refusal(Allocate("b", address)));
    }

    [Fact]
    public void A_requested_address_is_given_and_may_end_its_rest()
    {
        Open();
        Assert.Equal("10.244.3.5", _pool.Reply<Reply.Allocated>(Allocate("a", "10.244.3.5")).Address.Address.ToString());
        Release("a");
        Assert.Equal([new PoolEvent.AddressAllocated(Attachment("b"), IpAddress.Parse("10.244.3.5"), EndedRest: true)],
            _pool.Events(Allocate("b", "10.244.3.5")));
    }

    [Fact]
    public void A_repeated_release_changes_nothing()
    {
        Open();
        Give("a");
        Assert.Single(_pool.Events(new Command.Release(Attachment("a"))));
        Assert.Empty(_pool.Events(new Command.Release(Attachment("a"))));
        Assert.Empty(_pool.Events(new Command.Release(Attachment("never-seen"))));
    }

    [Fact]
    public void A_clock_that_goes_backwards_ends_no_rest()
    {
        Open();
        Give("a");
        Release("a");
        _pool.After(TimeSpan.FromHours(-1));
        Assert.Equal(["10.244.3.4", "10.244.3.5", "10.244.3.6"], Give("b", "c", "d"));
    }

    [Fact]
    public void Rests_that_are_over_are_forgotten()
    {
        _pool.Given(new PoolEvent.PoolOpened(Cidr.Parse("2001:db8::/64"), 3));
        for (var i = 0; i < 500; i++)
        {
            Give($"p{i}");
            Release($"p{i}");
            _pool.After(TimeSpan.FromSeconds(10));
        }
        Assert.InRange(_pool.State.Lending.Resting.Count, 1, 6);
    }

    [Fact]
    public void Random_commands_keep_every_promise() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Holder, byte Action, byte Wait)[]>(), steps =>
        {
            var pool = new EntitySpec<AddressPool.State>(new AddressPool()).Given(new PoolEvent.PoolOpened(s_block, 3));
            foreach (var (holder, action, wait) in steps)
            {
                pool.After(TimeSpan.FromSeconds(wait % 40));
                var attachment = Attachment($"h{holder % 6}");
                Command command = (action % 3) switch
                {
                    0 => new Command.Release(attachment),
                    1 => new Command.Allocate(attachment, null),
                    _ => new Command.Allocate(attachment, s_block.At((UInt128)(action % 8))),
                };
                CheckStep(pool, command);
            }
            pool.StateSurvivesItsSnapshot();
        }).QuickCheckThrowOnFailure();

    private static void CheckStep(EntitySpec<AddressPool.State> pool, Command command)
    {
        var resting = pool.State.Lending.Resting;
        var decision = pool.When(command);
        var lending = pool.State.Lending;
        Assert.Equal(lending.Held.Count, lending.Holders.Count);
        foreach (var (holder, address) in lending.Held)
        {
            Assert.Equal(holder, lending.Holders[address]);
            Assert.InRange((int)(address.Bits - s_block.Network.Bits), 3, 6);
            Assert.False(lending.Resting.ContainsKey(address));
        }
        if (decision is Decision.Accepted { Events: [PoolEvent.AddressAllocated taken] })
            Assert.Equal(taken.EndedRest, resting.TryGetValue(taken.Address, out var since) && pool.Now - since < Lending<IpAddress>.Rest);
        if (decision is Decision.Accepted accepted)
        {
            var repeated = Assert.IsType<Decision.Accepted>(pool.When(command));
            Assert.Empty(repeated.Events);
            Assert.Equal(accepted.Reply, repeated.Reply);
        }
    }

    private void Open() => _pool.Given(new PoolEvent.PoolOpened(s_block, 3));

    private string[] Give(params string[] holders) =>
        [.. holders.Select(h => _pool.Reply<Reply.Allocated>(Allocate(h)).Address.Address.ToString())];

    private void Release(string holder) => Assert.Single(_pool.Events(new Command.Release(Attachment(holder))));

    private static Command.Allocate Allocate(string holder, string? requested = null) =>
        new(Attachment(holder), requested is null ? null : IpAddress.Parse(requested));

    private static AttachmentId Attachment(string container) => new(new ContainerId(container), new InterfaceName("eth0"));
}
