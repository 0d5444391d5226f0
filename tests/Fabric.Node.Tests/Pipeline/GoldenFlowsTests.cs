using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Tests.Pipeline;

public sealed class GoldenFlowsTests
{
    [Fact]
    public void The_code_makes_exactly_the_flows_that_the_document_shows_under_their_tables()
    {
        var made = PipelineExample.Flows
            .GroupBy(flow => (int)flow.Table)
            .ToDictionary(group => group.Key, group => group.Select(flow => flow.ToString()).Order(StringComparer.Ordinal));
        var documented = PipelineDocument.Read();

        Assert.Equal(made.Keys.Order(), documented.Keys);
        foreach (var (table, flows) in documented)
            Assert.Equal(made[table], flows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_document_names_tables_as_the_code_does() =>
        Assert.All(PipelineDocument.Headings(), heading =>
            Assert.Equal(PipelineDocument.NameOf(heading.Number), heading.Name));

    [Fact]
    public void No_two_flows_of_a_node_share_table_priority_and_match()
    {
        var keys = PipelineExample.Flows.Select(flow => flow.Key).ToList();

        Assert.Equal(keys.Count, keys.Distinct().Count());
    }

    [Fact]
    public void Every_flow_carries_a_cookie_with_its_kind_and_cause()
    {
        Assert.All(PipelineExample.Flows, flow => Assert.True(Cookie.TryRead(flow.Cookie, out _)));
        Assert.All(PodFlows.For(PipelineExample.Network, PipelineExample.Pod), flow =>
        {
            Assert.True(Cookie.TryRead(flow.Cookie, out var cookie));
            Assert.Equal(FlowKind.Pod, cookie.Kind);
            Assert.Equal(PipelineExample.Pod.CauseSet, cookie.CauseSet);
        });
    }

    [Fact]
    public void Packets_only_go_to_tables_with_higher_numbers() =>
        Assert.All(PipelineExample.Flows, flow => Assert.All(
            flow.Actions.OfType<GotoTableAction>(), action => Assert.True(action.Table > flow.Table)));

    [Fact]
    public void Every_table_that_holds_flows_ends_with_a_default()
    {
        foreach (var table in PipelineExample.Flows.GroupBy(flow => flow.Table))
            Assert.Contains(table, flow => flow.Priority == 0 && flow.Match.Equals(Match.Any));
    }

    [Fact]
    public void Equal_input_gives_equal_flows_in_equal_order() =>
        Assert.Equal(PipelineExample.Flows.AsEnumerable(), PipelineExample.Flows.AsEnumerable());
}
