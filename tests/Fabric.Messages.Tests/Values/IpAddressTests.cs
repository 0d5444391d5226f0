using System.Net;

namespace Fabric.Messages.Tests;

public sealed class IpAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.244.3.7")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("2001:db8::7")]
    [InlineData("fe80::858:aff:fef4:307")]
    public void Text_survives_parsing(string text)
    {
        var address = IpAddress.Parse(text);
        Assert.Equal(text, address.ToString());
        Assert.Equal(IPAddress.Parse(text), address.ToNet());
        Assert.Equal(address, IpAddress.From(address.ToNet()));
    }

    // RFC 5952, section 4: lower case, the longest run of zeros shortened, the first of two equal ones.
    [Theory]
    [InlineData("2001:DB8:0:0:0:0:0:7", "2001:db8::7")]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("2001:0db8::0001", "2001:db8::1")]
    public void IPv6_is_printed_as_RFC_5952_asks(string text, string canonical) =>
        Assert.Equal(canonical, IpAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("10.1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.010")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("10.0.0.1 ")]
    [InlineData("10..0.1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("1::2::3")]
    [InlineData("node-a")]
    public void What_programs_read_differently_is_refused(string text)
    {
        Assert.False(IpAddress.TryParse(text, null, out _));
        Assert.Contains(text, Assert.Throws<FormatException>(() => IpAddress.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_are_ordered_by_family_then_number()
    {
        var sorted = new[] { "::1", "10.0.0.10", "10.0.0.9", "2001:db8::", "0.0.0.0" }.Select(t => IpAddress.Parse(t)).Order();
        Assert.Equal(["0.0.0.0", "10.0.0.9", "10.0.0.10", "::1", "2001:db8::"], sorted.Select(a => a.ToString()));
    }

    [Fact]
    public void The_same_number_in_two_families_is_two_addresses()
    {
        Assert.NotEqual(IpAddress.V4(1), IpAddress.V6(1));
        Assert.True(IpAddress.V4(uint.MaxValue) < IpAddress.V6(0));
    }

    [Fact]
    public void Counting_on_ends_at_the_familys_end()
    {
        Assert.Equal("10.0.1.0", IpAddress.Parse("10.0.0.255").Plus(1).ToString());
        Assert.Throws<OverflowException>(() => IpAddress.V4(uint.MaxValue).Plus(1));
        Assert.Throws<OverflowException>(() => IpAddress.V6(UInt128.MaxValue).Plus(1));
    }
}
