using System.Collections.Immutable;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>Which resources a node lacks or has too many.</summary>
public sealed class BridgeResourcesTests
{
    private const string Ours = "ovs-cni.network.kubevirt.io/";

    private static readonly BridgeResources s_resources = new();

    private static NodeObject Node(params (string Name, string Value)[] capacity) => new(
        new ObjectMeta("node-a"), Status: new NodeStatus(Capacity: capacity.ToImmutableSortedDictionary(c => c.Name, c => c.Value)));

    private static string Difference(NodeObject node, params string[] bridges) => string.Join(" ",
        s_resources.Difference(node, [.. bridges]).Select(d => $"{d.Key}={d.Value ?? "-"}"));

    [Fact]
    public void Bridges_are_added_and_what_is_gone_is_removed_and_nothing_else_is_named() => Assert.Equal(
        $"{Ours}br1=1000 {Ours}br2=-",
        Difference(Node(("cpu", "2"), ("example.com/br9", "1"), (Ours + "br0", "1k"), (Ours + "br2", "1k")), "br0", "br1"));

    [Fact]
    public void A_node_without_a_status_lacks_everything() =>
        Assert.Equal($"{Ours}br0=1000", Difference(new NodeObject(new ObjectMeta("node-a")), "br0"));

    [Theory]
    [InlineData("1000", "")]
    [InlineData("1k", "")]
    [InlineData("1e3", "")]
    [InlineData("1000000m", "")]
    [InlineData("0", Ours + "br0=1000")]
    [InlineData("1Ki", Ours + "br0=1000")]
    [InlineData("9e99", Ours + "br0=1000")]
    [InlineData("many", Ours + "br0=1000")]
    public void Values_count_as_numbers(string there, string difference) => Assert.Equal(difference, Difference(Node((Ours + "br0", there)), "br0"));

    [Fact]
    public void A_longer_prefix_is_somebody_elses() => Assert.Equal("", Difference(Node((Ours[..^1] + "x/br0", "1k"))));

    [Theory]
    [InlineData("br0", true)]
    [InlineData("br-fabric", true)]
    [InlineData("Br_1.x", true)]
    [InlineData("-br", false)]
    [InlineData("br 0", false)]
    [InlineData("brücke", false)]
    [InlineData("br0\n", false)]
    public void A_bridge_whose_name_no_resource_can_have_is_left_out(string bridge, bool isNamed)
    {
        Assert.Equal(isNamed, BridgeResources.CanBeNamed(bridge));
        Assert.Equal(isNamed ? $"{Ours}{bridge}=1000" : "", Difference(Node(), bridge));
    }

    [Theory]
    [InlineData("ovs-cni.network.kubevirt.io", true)]
    [InlineData("example.com", true)]
    [InlineData("", false)]
    [InlineData("Example.com", false)]
    [InlineData("example.com/", false)]
    [InlineData("x.kubernetes.io", false)]
    public void A_prefix_is_a_dns_subdomain_outside_of_kubernetes(string prefix, bool isGood) =>
        Assert.Equal(isGood, BridgeResources.PrefixFault(prefix) is null);

    [Fact]
    public void The_patch_names_only_what_changes() => Assert.Equal(
        """{"status":{"capacity":{"ovs-cni.network.kubevirt.io/br0":"1000","ovs-cni.network.kubevirt.io/br1":null}}}""",
        Encoding.UTF8.GetString(BridgeResources.PatchOf(s_resources.Difference(Node((Ours + "br1", "1k")), ["br0"])).Body.Span));
}
