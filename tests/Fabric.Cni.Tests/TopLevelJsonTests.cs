using System.Text;
using System.Text.Json;
using Fabric.Messages.Cni;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Cni.Tests;

/// <summary>The binary's JSON scanner: finds one top-level string, survives everything.</summary>
public sealed class TopLevelJsonTests
{
    [Theory]
    [InlineData("""{"k":"v"}""", "v")]
    [InlineData("""  { "a" : [1,{"k":"no"}] , "k" : "v" }  """, "v")]
    [InlineData("""{"a":{"k":"no"},"k":"v","b":null}""", "v")]
    [InlineData("""{"a":"}\"k\":\"no\"","k":"v"}""", "v")]
    [InlineData("""{"a":["]","[",{"b":"\\"}],"k":"v"}""", "v")]
    [InlineData("""{"k":"one","k":"two"}""", "two")]
    [InlineData("""{"k":"a\/b\u0041\n\"\\"}""", "a/bA\n\"\\")]
    [InlineData("""{"\u006b":"v"}""", "v")]
    [InlineData("""{"k":"é"}""", "é")]
    [InlineData("""{"a":-1.5e3,"b":true,"k":"v"}""", "v")]
    [InlineData("""{"k":""}""", "")]
    [InlineData("""{"k":"one","k":2}""", null)]
    [InlineData("""{"k":1}""", null)]
    [InlineData("""{"k":null}""", null)]
    [InlineData("""{"k":["v"]}""", null)]
    [InlineData("""{}""", null)]
    [InlineData("", null)]
    [InlineData("""["k","v"]""", null)]
    [InlineData("""{"k":"v" """, null)]
    [InlineData("""{"k":"v"} x""", null)]
    [InlineData("""{"k":"v""", null)]
    [InlineData("""{"k" "v"}""", null)]
    [InlineData("""{"k":}""", null)]
    [InlineData("""{"a":[,"k":"v"}""", null)]
    public void The_top_level_string_is_found(string json, string? expected) =>
        Assert.Equal(expected, TopLevelJson.String(Encoding.UTF8.GetBytes(json), "k"));

    [Fact]
    public void A_byte_order_mark_is_passed_over() =>
        Assert.Equal("v", TopLevelJson.String([0xEF, 0xBB, 0xBF, .. """{"k":"v"}"""u8], "k"));

    [Fact]
    public void Nesting_without_end_costs_no_stack()
    {
        var deep = "{\"a\":" + new string('[', 900_000);
        Assert.Null(TopLevelJson.String(Encoding.UTF8.GetBytes(deep), "k"));
    }

    [Fact]
    public void Whatever_a_json_library_writes_is_read_alike()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<string>(), (key, value) =>
        {
            // A lone surrogate has no UTF-8 form, so no JSON text can carry it as itself.
            var (k, v) = (Clean(key), Clean(value));
            var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["before"] = new[] { k }, [k + "!"] = v });
            Assert.Equal(v, TopLevelJson.String(json, k + "!"));
            Assert.True(TopLevelJson.IsObject(json));
        }).QuickCheckThrowOnFailure();

        static string Clean(string? text) => string.Concat((text ?? "").Where(c => !char.IsSurrogate(c)));
    }

    [Fact]
    public void Random_bytes_never_throw() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        _ = TopLevelJson.String(bytes, "k");
        _ = TopLevelJson.String([.. "{\"k\":\""u8, .. bytes], "k");
    }).QuickCheckThrowOnFailure();
}
