using Fabric.Messages;
using static Fabric.Node.AddressPool;

namespace Fabric.Node.Tests;

/// <summary>A pool on a block of a virtual network's subnet.</summary>
public sealed class NetworkPoolTests
{
    private readonly EntitySpec<AddressPool.State> _pool = new(new AddressPool());

    [Fact]
    public void Gateway_ends_and_exclusions_of_the_subnet_are_never_given()
    {
        Open("10.9.0.0/29", "10.9.0.0/28", "10.9.0.3/32", "10.9.0.4/31");
        Assert.Equal(["10.9.0.2", "10.9.0.6", "10.9.0.7"], Give(3));
        Assert.Equal("pool-exhausted", _pool.Refusal(new Command.Allocate(Attachment(9), null)));
        Assert.Equal((UInt128)5, Unusable(_pool.State));
    }

    [Fact]
    public void The_subnets_last_address_is_reserved_in_its_own_block_and_a_blocks_is_not()
    {
        Open("10.9.0.8/29", "10.9.0.0/28");
        Assert.Equal(Enumerable.Range(8, 7).Select(i => $"10.9.0.{i}"), Give(7));
        Assert.Equal("pool-exhausted", _pool.Refusal(new Command.Allocate(Attachment(9), null)));
        Assert.Equal((UInt128)1, Unusable(_pool.State));
    }

    [Fact]
    public void An_exclusion_of_half_an_IPv6_block_is_passed_over_at_once()
    {
        Open("fd09::/64", "fd09::/64", "fd09::/65");
        Assert.Equal(["fd09::8000:0:0:0"], Give(1));
    }

    [Fact]
    public void The_answer_has_the_subnets_prefix_length_and_gateway()
    {
        Open("10.9.0.64/26", "10.9.0.0/24");
        var given = _pool.Reply<Reply.Allocated>(new Command.Allocate(Attachment(0), null));
        Assert.Equal(("10.9.0.64/24", "10.9.0.1"), (given.Address.ToString(), given.Gateway.ToString()));
    }

    [Fact]
    public void An_address_outside_the_block_is_given_only_if_it_was_claimed()
    {
        Open("10.9.0.64/26", "10.9.0.0/24");
        var outside = IpAddress.Parse("10.9.0.200");
        Assert.Equal("address-outside", _pool.Refusal(new Command.Allocate(Attachment(0), outside)));
        Assert.Equal("address-outside",
            _pool.Refusal(new Command.Allocate(Attachment(0), IpAddress.Parse("10.8.0.1"), IsClaimed: true)));
        Assert.Equal(outside, _pool.Reply<Reply.Allocated>(new Command.Allocate(Attachment(0), outside, IsClaimed: true)).Address.Address);
        Assert.Equal(outside, _pool.Reply<Reply.Allocated>(new Command.Allocate(Attachment(0), outside, IsClaimed: true)).Address.Address);
        Assert.Equal("address-held", _pool.Refusal(new Command.Allocate(Attachment(1), outside, IsClaimed: true)));
        // The next one is sought in the block again.
        Assert.Equal(["10.9.0.64"], Give(1));
    }

    private void Open(string block, string subnet, params string[] excluded) => _pool.When(new Command.Open(Cidr.Parse(block),
        new NetworkSubnet(Cidr.Parse(subnet), Cidr.Parse(subnet).At(1), [.. excluded.Select(e => Cidr.Parse(e))], 26)));

    private IEnumerable<string> Give(int count) => [.. Enumerable.Range(1, count).Select(i =>
        _pool.Reply<Reply.Allocated>(new Command.Allocate(Attachment(i), null)).Address.Address.ToString())];

    private static AttachmentId Attachment(int number) => AttachmentId.Parse($"c{number}/eth0");
}
