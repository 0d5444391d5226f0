using Fabric.Node.Pipeline;

namespace Fabric.Node.Tests.Pipeline;

public sealed class CookieTests
{
    [Theory]
    [InlineData(FlowKind.Bridge, 0UL, 0xf000_0000_0000_0000UL)]
    [InlineData(FlowKind.Pod, 0x1234UL, 0xf300_0000_0000_1234UL)]
    [InlineData(FlowKind.Policy, Cookie.MaxCauseSet, 0xf500_ffff_ffff_ffffUL)]
    public void A_cookie_holds_mark_kind_and_cause_set(FlowKind kind, ulong causeSet, ulong value)
    {
        var cookie = new Cookie(kind, causeSet);

        Assert.Equal(value, cookie.Value);
        Assert.True(Cookie.TryRead(value, out var read));
        Assert.Equal(cookie, read);
        Assert.Equal((kind, causeSet), (read.Kind, read.CauseSet));
    }

    [Fact]
    public void A_cause_set_of_more_than_48_bits_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Cookie(FlowKind.Pod, Cookie.MaxCauseSet + 1));

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x1300_0000_0000_0001UL)]
    [InlineData(0xf301_0000_0000_0001UL)]
    public void A_foreign_cookie_is_not_read(ulong value) => Assert.False(Cookie.TryRead(value, out _));
}
