using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>What a NodeNetwork says for a given state of the node.</summary>
public sealed class NodeNetworkReportTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);

    private readonly NodeParameters _node = SampleOptions.Parameters("node-a");

    [Fact]
    public void Peers_are_counted_by_state_and_the_failing_ones_named()
    {
        var status = Report(Facts(
            Member("node-a", MemberState.Up), Member("node-b", MemberState.Up), Member("node-c", MemberState.Unreachable),
            Member("node-d", MemberState.Down), Member("node-e", MemberState.Leaving),
            Member("node-x", MemberState.Removed) with { IsFormer = true }) with
        {
            Paths = ImmutableSortedDictionary<NodeName, PeerPath>.Empty.Add(
                new NodeName("node-b"), new PeerPath(new NodeName("node-b"), "down", "Control Detection Time Expired")),
        });
        Assert.Equal(new PeerCounts(Up: 1, Leaving: 1, Joining: 0, Unreachable: 1, Down: 1, Failing: 3), status.Peers);
        Assert.Equal(["node-b: the path is down: Control Detection Time Expired", "node-c: unreachable: reason", "node-d: down: reason"],
            status.FailingPeers.Select(p => $"{p.Node}: {p.Reason}"));
    }

    [Fact]
    public void At_most_twenty_failing_peers_are_named_and_all_counted()
    {
        var status = Report(Facts([.. Enumerable.Range(0, 30).Select(i => Member($"peer-{i:00}", MemberState.Unreachable))]));
        Assert.Equal((30, 20), (status.Peers.Failing, status.FailingPeers.Length));
    }

    [Fact]
    public void A_condition_keeps_its_time_until_it_changes_and_nothing_new_is_not_said_again()
    {
        var first = Report(Facts());
        var later = Facts() with { At = Start.AddMinutes(5) };
        var second = NodeNetworkReport.Of(later, _node, first);
        Assert.True(NodeNetworkReport.SaysTheSame(first, second));
        var third = NodeNetworkReport.Of(later with { Readiness = new Readiness(50, "the gateway device: gone") }, _node, second);
        Assert.False(NodeNetworkReport.SaysTheSame(second, third));
        var ready = third.Conditions.Single(c => c.Type == "Ready");
        Assert.Equal(("False", "the gateway device: gone", Start.AddMinutes(5).AddMilliseconds(-890)),
            (ready.Status, ready.Message, ready.LastTransitionTime!.Value));
        Assert.Equal(first.Conditions.Single(c => c.Type == "ClusterStore"), third.Conditions.Single(c => c.Type == "ClusterStore"));
    }

    [Fact]
    public void A_store_that_does_not_answer_is_a_condition_of_its_own()
    {
        var facts = Facts();
        var status = Report(facts with { Cluster = facts.Cluster with { Reachable = false } });
        Assert.Equal(("True", "False"), (status.Conditions[0].Status, status.Conditions[1].Status));
        Assert.Equal("Unreachable", status.Conditions[1].Reason);
    }

    private NodeNetworkStatus Report(NodeNetworkFacts facts) => NodeNetworkReport.Of(facts, _node, null);

    private static NodeNetworkFacts Facts(params ImmutableArray<MemberView> members) => new(Start, Readiness.Ready, [Cidr.Parse("10.244.1.0/24")], 3,
        ImmutableSortedDictionary<NodeName, PeerPath>.Empty,
        new ClusterFacts("kubernetes:", true, Start, null, false, members, [], [], []));

    private static MemberView Member(string name, MemberState state) => new(new NodeName(name), state, Start, "reason", 1, $"uid-{name}",
        [IpAddress.Parse("192.0.2.7")], "1.0", [], false, false);
}
