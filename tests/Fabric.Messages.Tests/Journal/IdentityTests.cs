namespace Fabric.Messages.Tests;

public sealed class IdentityTests
{
    [Fact]
    public void A_persistence_id_is_kind_and_key()
    {
        var id = PersistenceId.Parse("port/c0ffee/eth0");
        Assert.Equal(("port", "c0ffee/eth0"), (id.Kind, id.Key));
        Assert.Equal(id, new PersistenceId("port", "c0ffee/eth0"));
    }

    [Theory]
    [InlineData("port")]
    [InlineData("port/")]
    [InlineData("/key")]
    [InlineData("")]
    public void A_persistence_id_without_kind_or_key_is_refused(string text) =>
        Assert.False(PersistenceId.TryParse(text, null, out _));

    [Fact]
    public void A_persistence_ids_kind_holds_no_slash()
    {
        Assert.Throws<FormatException>(() => new PersistenceId("a/b", "c"));
        Assert.Throws<FormatException>(() => new PersistenceId("", "c"));
        Assert.Throws<FormatException>(() => new PersistenceId("a", ""));
    }

    [Fact]
    public void Persistence_ids_are_ordered_by_their_characters() =>
        Assert.Equal(["A/a", "a/B", "a/a"], new[] { "a/a", "A/a", "a/B" }.Select(t => PersistenceId.Parse(t)).Order().Select(i => i.Value));

    [Theory]
    [InlineData("node-a", 3, 17)]
    [InlineData("a:b", 0, 1)]
    public void A_commit_id_survives_parsing(string writer, long incarnation, long counter)
    {
        var id = new CommitId(writer, incarnation, counter);
        Assert.Equal(id, CommitId.Parse(id.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("node-a")]
    [InlineData("node-a:1")]
    [InlineData("node-a:x:1")]
    public void What_is_no_commit_id_is_refused(string text) => Assert.Throws<FormatException>(() => CommitId.Parse(text));

    [Fact]
    public void A_clock_reading_has_48_bits_of_milliseconds_and_16_of_counter()
    {
        var hlc = new Hlc(1_772_333_880_125, 7);
        Assert.Equal((1_772_333_880_125L, (ushort)7), (hlc.UnixMilliseconds, hlc.Counter));
        Assert.Equal(hlc, Hlc.Parse(hlc.ToString()));
        Assert.Equal("1772333880125.7", hlc.ToString());
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 2, 58, 0, 125, TimeSpan.Zero), hlc.Time);
    }

    [Fact]
    public void The_next_reading_is_greater_also_when_the_counter_is_full()
    {
        var full = new Hlc(1000, ushort.MaxValue);
        Assert.Equal(new Hlc(1001, 0), full.Next());
        Assert.True(full < full.Next());
    }

    [Theory]
    [InlineData("281474976710656.0")]
    [InlineData("5.65536")]
    [InlineData("5")]
    [InlineData("-5.1")]
    [InlineData("")]
    public void What_is_no_clock_reading_is_refused(string text) => Assert.False(Hlc.TryParse(text, null, out _));
}
