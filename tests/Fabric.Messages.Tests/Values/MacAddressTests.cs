using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Messages.Tests;

public sealed class MacAddressTests
{
    [Theory]
    [InlineData("0a:58:0a:f4:03:07", "0a:58:0a:f4:03:07")]
    [InlineData("0A-58-0A-F4-03-07", "0a:58:0a:f4:03:07")]
    [InlineData("ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff")]
    public void Both_notations_are_read_and_one_is_written(string text, string canonical) =>
        Assert.Equal(canonical, MacAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("0a:58:0a:f4:03")]
    [InlineData("0a:58:0a:f4:03:0g")]
    [InlineData("0a:58:0a:f4:03:07:08")]
    [InlineData("0a580af40307")]
    [InlineData("0a:58:0a:f4:03: 7")]
    public void Anything_else_is_refused(string text) => Assert.False(MacAddress.TryParse(text, null, out _));

    // RFC 4291, appendix A, and RFC 2464, section 5: the universal/local bit is inverted, FFFE goes into the middle.
    [Theory]
    [InlineData("34:56:78:9a:bc:de", "fe80::3656:78ff:fe9a:bcde")]
    [InlineData("0a:58:0a:f4:03:07", "fe80::858:aff:fef4:307")]
    [InlineData("02:00:00:00:00:01", "fe80::ff:fe00:1")]
    [InlineData("00:00:5e:00:53:ff", "fe80::200:5eff:fe00:53ff")]
    public void The_link_local_address_is_the_modified_EUI_64(string mac, string address) =>
        Assert.Equal(address, MacAddress.Parse(mac).LinkLocal().ToString());

    [Fact]
    public void Every_seed_makes_a_locally_administered_unicast_address() => Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(), seed =>
        {
            var mac = MacAddress.LocallyAdministered(seed);
            return !mac.IsMulticast && (mac.Bits >> 41 & 1) == 1 && MacAddress.Parse(mac.ToString()) == mac
                && MacAddress.From(mac.ToPhysical()) == mac;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void More_than_48_bits_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new MacAddress(1UL << 48));
}
