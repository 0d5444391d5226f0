using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Tests;

/// <summary>What is sent to the switch, played on a table that deletes by key as the switch does.</summary>
public sealed class ProgrammedFlowsTests
{
    private readonly ProgrammedFlows _programmed = new();
    private readonly Dictionary<FlowKey, string> _table = [];

    [Fact]
    public void A_flow_whose_key_another_owner_has_by_now_survives_the_first_ones_removal()
    {
        Program(("a", 1, 2));
        Program(("a", 1, 2), ("b", 1, 3));
        Program(("b", 1, 3));
        Assert.Equal("output:3", Assert.Single(_table).Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_the_plans_were_the_table_is_the_last_one(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 500; step++)
        {
            // Some of them share keys, which the table has once; in the end each key is one owner's.
            var flows = Enumerable.Range(0, random.Next(6)).Select(_ => (Owner: $"{(char)('a' + random.Next(4))}", Key: random.Next(4),
                Port: random.Next(3))).DistinctBy(f => (f.Owner, f.Key)).ToArray();
            if (random.Next(20) == 0)
                Reset(flows);
            else
                Program(flows);
            var settled = flows.DistinctBy(f => f.Key).ToArray();
            Program(settled);
            Assert.Equal(settled.OrderBy(f => f.Key).Select(f => $"{f.Key} output:{f.Port}"),
                _table.OrderBy(f => f.Key.Priority).Select(f => $"{f.Key.Priority} {f.Value}"));
        }
    }

    private void Program(params (string Owner, int Key, int Port)[] flows)
    {
        var change = _programmed.ChangeTo(PlanOf(flows));
        var (removed, added) = _programmed.ToSend(change);
        foreach (var flow in removed)
            _table.Remove(flow.Key);
        foreach (var flow in added)
            _table[flow.Key] = flow.Actions.ToString();
        _programmed.Confirm(change);
    }

    private void Reset((string Owner, int Key, int Port)[] flows)
    {
        var plan = PlanOf(flows);
        _table.Clear();
        foreach (var flow in plan.Values.SelectMany(f => f))
            _table[flow.Flow.Key] = flow.Flow.Actions.ToString();
        _programmed.Reset(plan);
    }

    private static ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> PlanOf((string Owner, int Key, int Port)[] flows) =>
        flows.GroupBy(f => f.Owner).ToImmutableSortedDictionary(g => new PersistenceId("tunnel", g.Key),
            g => g.Select(f => PlannedFlow.Of(new Flow
            {
                Table = 1, Priority = (ushort)f.Key, Cookie = g.Key[0], Match = Match.Any.Ip(), Actions = [FlowAction.Output((uint)f.Port)],
            })).ToImmutableArray());
}
