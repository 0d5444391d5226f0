using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi.Tests;

public sealed class RuleTests
{
    private static readonly JsonNode Self = JsonNode.Parse("""
        {"a":1,"b":2,"text":"abc","list":[1,2,3],"map":{"x":"y"},"yes":true,"items":[{"n":1},{"n":2}]}
        """)!;

    private static readonly JsonNode Old = JsonNode.Parse("""{"a":1,"b":3,"list":[1,2,3]}""")!;

    [Theory]
    [InlineData("self.a == 1 && self.b > self.a")]
    [InlineData("self.a == 2 || self.yes")]
    [InlineData("!(self.a == 2) && !has(self.none)")]
    [InlineData("has(self.map.x) && self.map.x == 'y'")]
    [InlineData("self.map['x'] == \"y\" && self.list[2] == 3")]
    [InlineData("size(self.list) == 3 && self.text.size() == 3 && size(self.map) == 1")]
    [InlineData("self.text.startsWith('a') && self.text.endsWith('c') && self.text.contains('b') && self.text.matches('^[a-c]+$')")]
    [InlineData("self.text in ['abc', 'def'] && 'x' in self.map && !(4 in self.list)")]
    [InlineData("self.items.all(i, i.n > 0) && self.items.exists(i, i.n == 2) && !self.items.exists(i, i.n == self.list[2])")]
    [InlineData("self.yes ? self.a < self.b : self.a > self.b")]
    [InlineData("self.list == oldSelf.list && self.b < oldSelf.b")]
    [InlineData("self.none == 1 || self.yes")]
    public void A_rule_that_is_kept(string rule) => Assert.Null(new Rule(rule, "broken").Broken(Self, Old));

    [Theory]
    [InlineData("self.a == 2", "broken")]
    [InlineData("self.none == 1", "no such key: none evaluating rule: broken")]
    [InlineData("self.none == 1 || self.a == 2", "no such key: none evaluating rule: broken")]
    [InlineData("self.a < self.text", "no such overload evaluating rule: broken")]
    [InlineData("self.a", "broken")]
    public void A_rule_that_is_not(string rule, string said) => Assert.Equal(said, new Rule(rule, "broken").Broken(Self, Old));

    [Fact]
    public void A_rule_about_a_change_says_nothing_of_what_is_new() => Assert.Null(new Rule("self.a > oldSelf.a", null).Broken(Self, null));

    [Theory]
    [InlineData("self.a ==")]
    [InlineData("(self.a == 1")]
    [InlineData("self.a + 1 == 2")]
    [InlineData("self.list.map(x, x)")]
    [InlineData("self.a == 1 1")]
    public void A_rule_beyond_this_part_of_CEL_is_refused(string rule) =>
        Assert.Contains(rule, Assert.Throws<FormatException>(() => new Rule(rule, null)).Message, StringComparison.Ordinal);
}
