using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.Cluster.Tests;
using Fabric.Messages;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>Which of a Node's addresses are the tunnels' ends.</summary>
public sealed class NodeAddressesTests
{
    [Theory]
    [InlineData("192.0.2.1 2001:db8::1", "192.0.2.1, 2001:db8::1")]
    [InlineData("2001:db8::1 192.0.2.1 192.0.2.9", "192.0.2.1, 2001:db8::1")]
    [InlineData("198.51.100.1", "")]
    [InlineData("not-an-address 192.0.2.1", "192.0.2.1")]
    public void One_of_each_family_that_is_the_machines_own(string internalIps, string expected) => SimulatedLoop.Run(async time =>
    {
        var api = new ObservedApi(time);
        await api.MakeNodeAsync("node-a");
        var addresses = internalIps.Split(' ').Select(a => $$"""{"type": "InternalIP", "address": "{{a}}"}""")
            .Prepend("""{"type": "ExternalIP", "address": "192.0.2.5"}""");
        await api.Api.PatchAsync(NodeObject.Resource, null, "node-a", new ApiPatch.Merge(Encoding.UTF8.GetBytes(
            $$$"""{"status": {"addresses": [{{{string.Join(',', addresses)}}}]}}""")), "status", default);
        var found = await NodeAddresses.FindAsync(api.Api, new NodeName("node-a"),
            a => a.ToString().StartsWith("192.0.2.", StringComparison.Ordinal) || a.IsV6, _ => { }, time, default);
        Assert.Equal(expected, string.Join(", ", found));
    });

    [Fact]
    public void A_node_that_is_not_there_is_no_reason_to_wait() => SimulatedLoop.Run(async time =>
    {
        var said = new List<string>();
        Assert.Empty(await NodeAddresses.FindAsync(new ObservedApi(time).Api, new NodeName("node-a"), _ => true, said.Add, time, default));
        Assert.Contains("not found", said.Single(), StringComparison.Ordinal);
    });
}
