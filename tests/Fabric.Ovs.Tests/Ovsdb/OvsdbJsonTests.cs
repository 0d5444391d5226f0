using System.Collections.Immutable;
using Fabric.Ovs.Ovsdb;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Ovs.Tests.Ovsdb;

/// <summary>The JSON of RFC 7047, sections 5.1 and 5.2.</summary>
public sealed class OvsdbJsonTests
{
    private static readonly Guid Row = Guid.Parse("550e8400-e29b-41d4-a716-446655440000");

    public static TheoryData<OvsdbValue, string> Examples => new()
    {
        { "text", "\"text\"" },
        { 5, "5" },
        { long.MinValue, "-9223372036854775808" },
        { OvsdbAtom.Real(5), "5.0" },
        { OvsdbAtom.Real(-2.5), "-2.5" },
        { OvsdbAtom.Real(1e300), "1E+300" },
        { true, "true" },
        { Row, """["uuid","550e8400-e29b-41d4-a716-446655440000"]""" },
        { OvsdbAtom.NamedUuid("myrow"), """["named-uuid","myrow"]""" },
        { OvsdbValue.EmptySet, """["set",[]]""" },
        { OvsdbValue.Set(2, 1, 2), """["set",[1,2]]""" },
        { OvsdbValue.Set("one"), "\"one\"" },
        { OvsdbValue.Set("set", "map"), """["set",["map","set"]]""" },
        { OvsdbValue.EmptyMap, """["map",[]]""" },
        { OvsdbValue.TextMap([new("k", "v"), new("a", "b")]), """["map",[["a","b"],["k","v"]]]""" },
        { OvsdbValue.Map(KeyValuePair.Create<OvsdbAtom, OvsdbAtom>(1, Row)),
            """["map",[[1,["uuid","550e8400-e29b-41d4-a716-446655440000"]]]]""" },
    };

    public static TheoryData<OvsdbOperation, string> Operations
    {
        get
        {
            ImmutableArray<OvsdbCondition> where = [OvsdbCondition.Equal("name", "br0")];
            const string Where = "\"where\":[[\"name\",\"==\",\"br0\"]]";
            return new()
            {
                {
                    new OvsdbOperation.Insert("Bridge", OvsdbRow.Empty.With("name", "br0"), "new_bridge"),
                    """{"op":"insert","table":"Bridge","uuid-name":"new_bridge","row":{"name":"br0"}}"""
                },
                {
                    new OvsdbOperation.Select("Bridge", where, ["_uuid", "name"]),
                    $$"""{"op":"select","table":"Bridge",{{Where}},"columns":["_uuid","name"]}"""
                },
                {
                    new OvsdbOperation.Update("Bridge", where, OvsdbRow.Empty.With("ports", OvsdbValue.EmptySet)),
                    $$$"""{"op":"update","table":"Bridge",{{{Where}}},"row":{"ports":["set",[]]}}"""
                },
                {
                    new OvsdbOperation.Mutate("Bridge", where, [new("n", OvsdbMutator.Add, 1)]),
                    $$"""{"op":"mutate","table":"Bridge",{{Where}},"mutations":[["n","+=",1]]}"""
                },
                { new OvsdbOperation.Delete("Bridge", []), """{"op":"delete","table":"Bridge","where":[]}""" },
                {
                    new OvsdbOperation.Wait("Bridge", where, ["name"], true, [], TimeSpan.Zero),
                    $$"""
                    {"op":"wait","table":"Bridge",{{Where}},"timeout":0,"columns":["name"],"until":"==","rows":[]}
                    """
                },
                { new OvsdbOperation.Commit(true), """{"op":"commit","durable":true}""" },
                { new OvsdbOperation.Abort(), """{"op":"abort"}""" },
                { new OvsdbOperation.Comment("why"), """{"op":"comment","comment":"why"}""" },
                { new OvsdbOperation.Assert("mine"), """{"op":"assert","lock":"mine"}""" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_value_is_written_and_read_as_the_rfc_says(OvsdbValue value, string json)
    {
        Assert.Equal(json, value.ToString());
        Assert.Equal(value, OvsdbValue.Parse(json));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_is_written_as_the_rfc_says(OvsdbOperation operation, string json) =>
        Assert.Equal(json, operation.ToString());

    [Theory]
    [InlineData("""["set",[2,1]]""")]
    [InlineData(""" [ "set" , [ 1 , 2 , 2 ] ] """)]
    public void Order_and_repetition_do_not_matter_in_a_set(string json) =>
        Assert.Equal(OvsdbValue.Set(1, 2), OvsdbValue.Parse(json));

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""["uuid","550e8400"]""")]
    [InlineData("""["uuid",5]""")]
    [InlineData("""["named-uuid","1bad"]""")]
    [InlineData("""["set",5]""")]
    [InlineData("""["set",[["set",[]]]]""")]
    [InlineData("""["map",[["k"]]]""")]
    [InlineData("""["map",[["k",1],["k",2]]]""")]
    [InlineData("\"nul\\u0000\"")]
    [InlineData("\"lonely\\ud800\"")]
    [InlineData("1e999")]
    [InlineData("{")]
    public void What_is_no_value_is_refused(string json) =>
        Assert.Throws<FormatException>(() => OvsdbValue.Parse(json));

    [Fact]
    public void Random_values_survive_the_round_trip() => Prop.ForAll(
        Values.ToArbitrary(),
        value => OvsdbValue.Parse(value.ToString()).Equals(value)
            && OvsdbValue.Parse(value.ToString()).GetHashCode() == value.GetHashCode())
        .QuickCheckThrowOnFailure();

    private static Gen<OvsdbAtom> Atoms => Gen.OneOf(
        ArbMap.Default.GeneratorFor<long>().Select(OvsdbAtom.Integer),
        ArbMap.Default.GeneratorFor<NormalFloat>().Select(number => OvsdbAtom.Real(number.Get)),
        ArbMap.Default.GeneratorFor<bool>().Select(OvsdbAtom.Boolean),
        ArbMap.Default.GeneratorFor<Guid>().Select(OvsdbAtom.Uuid),
        Gen.Elements("a", "_b1", "row0").Select(OvsdbAtom.NamedUuid),
        // Control characters, quotes and characters outside the basic plane, but no NUL and no half a pair.
        Gen.Elements("\u0001", "\"", "\\", "/", "\u2028", "ü", "🐟", "abc", "\uffff")
            .ListOf().Select(parts => OvsdbAtom.String(string.Concat(parts))));

    private static Gen<OvsdbValue> Values => Gen.OneOf(
        Atoms.Select(OvsdbValue.Of),
        Atoms.ListOf().Select(atoms => OvsdbValue.Set(atoms)),
        Atoms.Two().ListOf().Select(pairs => OvsdbValue.Map(
            pairs.DistinctBy(pair => pair.Item1).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2)))));
}
