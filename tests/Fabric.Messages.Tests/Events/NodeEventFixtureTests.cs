using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.Messages.Tests;

/// <summary>Every event that was ever released keeps a stored fixture that must still decode.</summary>
public sealed class NodeEventFixtureTests
{
    public static TheoryData<string> Names => [.. NodeEventSamples.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fixture_decodes_to_its_event_and_encodes_to_the_same_json(string name)
    {
        var stored = Fixture(name);
        Assert.True(NodeEvents.Catalog.TryDecode(ManifestOf(name), Encoding.UTF8.GetBytes(stored), out var decoded));
        var sample = NodeEventSamples.All[name];
        Assert.Equal(sample.GetType(), decoded.GetType());
        Assert.Equal(ManifestOf(name), NodeEvents.Catalog.ManifestOf(decoded));
        AssertSameJson(stored, NodeEvents.Catalog.Encode(decoded));
        AssertSameJson(stored, NodeEvents.Catalog.Encode(sample));
        Assert.Equal(sample.Describe(), decoded.Describe());
    }

    [Fact]
    public void Every_manifest_has_a_fixture()
    {
        var missing = NodeEvents.Catalog.Manifests.Except(NodeEventSamples.All.Keys.Select(ManifestOf), StringComparer.Ordinal);
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_stored_fixture_is_tested()
    {
        var stored = Directory.GetFiles(Folder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f));
        Assert.Empty(stored.Except(NodeEventSamples.All.Keys, StringComparer.Ordinal));
    }

    [Fact]
    public void Every_event_of_the_node_is_in_the_catalog()
    {
        var samples = NodeEventSamples.All.Values.Select(e => e.GetType()).ToHashSet();
        var events = typeof(IEvent).Assembly.GetTypes()
            .Where(t => t is { IsAbstract: false, IsInterface: false } && t.IsAssignableTo(typeof(IEvent)));
        // The cluster's events have a catalog of their own, in Fabric.Cluster.
        var node = events.Where(t => t.DeclaringType is not { } family
            || family != typeof(MembershipEvent) && family != typeof(MeshEvent) && family != typeof(PodCidrEvent)
                && family != typeof(VirtualNetworkEvent));
        Assert.DoesNotContain(node, t => !samples.Contains(t));
    }

    [Fact]
    public void An_unknown_manifest_is_not_decoded() =>
        Assert.False(NodeEvents.Catalog.TryDecode("from-the-future/9", "{}"u8, out _));

    [Fact]
    public void A_payload_that_lacks_what_its_manifest_promises_is_damage() =>
        Assert.Throws<System.Text.Json.JsonException>(() => NodeEvents.Catalog.TryDecode("detached/1", "{}"u8, out _));

    [Fact]
    public void Texts_are_not_stored_with_their_event()
    {
        var e = new FlowEvent.FlowsChanged([], [5], "test", default, default) { Texts = [(5, "table=0 actions=drop")] };
        Assert.DoesNotContain("actions", Encoding.UTF8.GetString(NodeEvents.Catalog.Encode(e)), StringComparison.Ordinal);
    }

    private static string ManifestOf(string name)
    {
        var first = name.Split('.')[0];
        var dash = first.LastIndexOf('-');
        return $"{first[..dash]}/{first[(dash + 1)..]}";
    }

    private static void AssertSameJson(string expected, byte[] actual) => Assert.True(
        JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)),
        $"expected {expected}\nbut it is {Encoding.UTF8.GetString(actual)}");

    private static string Fixture(string name) => File.ReadAllText(Path.Combine(Folder(), name + ".json"));

    private static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "Fixtures");
}
