using System.Text;
using System.Text.Json.Nodes;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>
/// What was ever written to a cluster journal can be read for ever: one stored example for each manifest.
/// </summary>
public sealed class EventCatalogTests
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures");

    /// <summary>By file name: manifest with '.' for '/', then perhaps a variant.</summary>
    public static TheoryData<string> Examples => [.. Directory.GetFiles(Fixtures).Select(f => Path.GetFileNameWithoutExtension(f)!).Order()];

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_stored_example_still_decodes_and_encodes_to_the_same(string example)
    {
        var stored = File.ReadAllBytes(Path.Combine(Fixtures, $"{example}.json"));
        var manifest = string.Join('/', example.Split('.').Take(2));
        Assert.True(ClusterEvents.Catalog.TryDecode(manifest, stored, out var e));
        Assert.Equal(manifest, ClusterEvents.Catalog.ManifestOf(e));
        Assert.NotEmpty(e.Describe());
        var again = JsonNode.Parse(ClusterEvents.Catalog.Encode(e));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(stored), again), again!.ToJsonString());
    }

    [Fact]
    public void Every_event_type_of_the_cluster_has_a_manifest()
    {
        var types = new[] { typeof(MembershipEvent), typeof(PodCidrEvent), typeof(MeshEvent), typeof(VirtualNetworkEvent) }
            .SelectMany(t => t.GetNestedTypes())
            .Where(t => typeof(IEvent).IsAssignableFrom(t))
            .ToHashSet();
        var registered = ClusterEvents.Catalog.Manifests.Select(m =>
        {
            var stored = File.ReadAllBytes(Path.Combine(Fixtures, $"{m.Replace('/', '.')}.json"));
            return ClusterEvents.Catalog.TryDecode(m, stored, out var e) ? e.GetType() : null;
        });
        Assert.Equal(types.Select(t => t.Name).Order(), registered.Select(t => t?.Name).Order());
    }

    [Fact]
    public void A_manifest_that_is_not_known_is_said_to_be_so() =>
        Assert.False(ClusterEvents.Catalog.TryDecode("member-up/99", Encoding.UTF8.GetBytes("{}"), out _));
}
