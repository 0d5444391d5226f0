using Fabric.Cluster;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>An operator's node that has not heard yet of a member of the version before.</summary>
public sealed class LaggingOperatorTests
{
    private static readonly NodeName Old = new("node-old");

    private static readonly EventCatalog Next = ClusterEvents.Catalog.With("member-up/2", ClusterEventJson.Default.MemberUp);

    [Fact]
    public void It_writes_what_the_members_in_the_stream_can_read() =>
        Seeds.Run($"{nameof(LaggingOperatorTests)}.{nameof(It_writes_what_the_members_in_the_stream_can_read)}", 1, run =>
        {
            var store = new MemoryClusterStore();
            var ended = run.Loop.Run(async () =>
            {
                await JoinAsync(store, run.Loop.Time);
                var operations = Operations(store, run.Loop.Time);
                foreach (var isDrained in new[] { true, false })
                {
                    var outcome = await operations.DrainAsync(Old, isDrained, CancellationToken.None);
                    run.Check(outcome is OperationOutcome.Done, $"drained {isDrained}, but {outcome}");
                }
                await foreach (var e in store.ReadAsync(Membership.Id("fabric"), 1, CancellationToken.None))
                    run.Check(ClusterEvents.Catalog.Manifests.Contains(e.Manifest), $"{Old} knows {e.Manifest}");
            });
            run.Check(run.Loop.RunUntil(() => ended.IsCompleted, TimeSpan.FromMinutes(1)), "the operator is answered");
        });

    private static async Task JoinAsync(IClusterStore store, TimeProvider time)
    {
        var members = new ClusterEntityRunner<Membership.State>(new Membership(), Membership.Id("fabric"), store, StreamRules.Default,
            new ClusterWriter(Old, "uid-old", 1, time));
        var lease = new NodeLeaseRecord(Old, "uid-old", 1, [], [], "1.0.0", ClusterEvents.Catalog.Level, NodeLeaseState.Up);
        await members.AskAsync(
            new Membership.Command.Observe([new LeaseSighting(lease, LeaseLiveness.Live)]), CorrelationId.None, CancellationToken.None);
    }

    private static ClusterOperations Operations(IClusterStore store, TimeProvider time)
    {
        var node = new NodeParameters(new MachineSpec().Options, "uid-new", [], 1450, "boot-1", "1.1.0")
        {
            Streams = StreamRules.Default with { Catalog = Next },
        };
        var writer = new ClusterWriter(node.Options.NodeName, node.NodeUid, 1, time);
        return new ClusterOperations(node, () => (store, writer), () => null);
    }
}
