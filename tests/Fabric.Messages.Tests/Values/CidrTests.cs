namespace Fabric.Messages.Tests;

public sealed class CidrTests
{
    [Theory]
    [InlineData("10.244.3.0/24", "10.244.3.255", "255.255.255.0")]
    [InlineData("10.244.3.8/31", "10.244.3.9", "255.255.255.254")]
    [InlineData("10.244.3.8/32", "10.244.3.8", "255.255.255.255")]
    [InlineData("0.0.0.0/0", "255.255.255.255", "0.0.0.0")]
    [InlineData("2001:db8:3::/64", "2001:db8:3:0:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::")]
    [InlineData("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::")]
    public void A_block_knows_its_bounds(string text, string last, string netmask)
    {
        var cidr = Cidr.Parse(text);
        Assert.Equal(text, cidr.ToString());
        Assert.Equal(last, cidr.Last.ToString());
        Assert.Equal(netmask, cidr.Netmask.ToString());
        Assert.True(cidr.Contains(cidr.Network) && cidr.Contains(cidr.Last) && cidr.Contains(cidr));
    }

    [Theory]
    [InlineData("10.244.3.1/24")]
    [InlineData("10.244.3.0/33")]
    [InlineData("10.244.3.0/-1")]
    [InlineData("10.244.3.0/+8")]
    [InlineData("10.244.3.0")]
    [InlineData("10.244.3.0/")]
    [InlineData("2001:db8::1/64")]
    [InlineData("2001:db8::/129")]
    public void A_block_that_says_two_things_is_refused(string text) => Assert.False(Cidr.TryParse(text, null, out _));

    [Fact]
    public void An_addresses_block_has_its_host_bits_cleared() =>
        Assert.Equal("10.244.3.0/24", new Cidr(IpAddress.Parse("10.244.3.77"), 24).ToString());

    [Fact]
    public void Sizes_are_exact_until_they_saturate()
    {
        Assert.Equal((UInt128)256, Cidr.Parse("10.0.0.0/24").Size);
        Assert.Equal(UInt128.One << 32, Cidr.Parse("0.0.0.0/0").Size);
        Assert.Equal(UInt128.One << 64, Cidr.Parse("2001:db8::/64").Size);
        Assert.Equal(UInt128.MaxValue, Cidr.Parse("::/0").Size);
    }

    [Fact]
    public void The_families_never_contain_each_other()
    {
        Assert.False(Cidr.Parse("0.0.0.0/0").Contains(IpAddress.V6(1)));
        Assert.False(Cidr.Parse("::/0").Contains(IpAddress.V4(1)));
        Assert.False(Cidr.Parse("::/0").Overlaps(Cidr.Parse("0.0.0.0/0")));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.244.0.0/16", true)]
    [InlineData("10.244.0.0/16", "10.0.0.0/8", true)]
    [InlineData("10.244.0.0/24", "10.244.1.0/24", false)]
    public void Blocks_overlap_in_both_directions(string left, string right, bool overlap) =>
        Assert.Equal(overlap, Cidr.Parse(left).Overlaps(Cidr.Parse(right)));

    [Fact]
    public void Subnets_are_counted_from_the_start()
    {
        var cluster = Cidr.Parse("10.244.0.0/16");
        Assert.Equal("10.244.0.0/24", cluster.Subnet(24, 0).ToString());
        Assert.Equal("10.244.255.0/24", cluster.Subnet(24, 255).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => cluster.Subnet(24, 256));
        Assert.Throws<ArgumentOutOfRangeException>(() => cluster.Subnet(8, 0));
        Assert.Equal("2001:db8:0:1::/64", Cidr.Parse("2001:db8::/48").Subnet(64, 1).ToString());
    }

    [Fact]
    public void An_index_beyond_the_block_is_refused()
    {
        Assert.Equal("10.0.0.3", Cidr.Parse("10.0.0.0/30").At(3).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => Cidr.Parse("10.0.0.0/30").At(4));
    }

    [Fact]
    public void An_address_with_prefix_keeps_its_host_bits()
    {
        var address = AddressPrefix.Parse("10.244.3.7/24");
        Assert.Equal(("10.244.3.7/24", "10.244.3.0/24"), (address.ToString(), address.Subnet.ToString()));
        Assert.False(AddressPrefix.TryParse("10.244.3.7/33", null, out _));
        Assert.False(AddressPrefix.TryParse("10.244.3.7", null, out _));
    }
}
