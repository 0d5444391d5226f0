using System.Collections.Immutable;
using System.Diagnostics;
using Fabric.Actors;
using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Bench;

/// <summary>
/// A node with 250 live ports and a long history is killed: the time from the start of the next agent to the first ADD that it
/// serves. Before that, what a pod costs in journal and memory.
/// </summary>
internal static class RecoveryBenchmark
{
    private const int Pods = 250;
    private const int EventsBefore = 1_000_000;
    private const int EventsAfter = 10_000;
    private const int Group = 500;

    public static async Task RunAsync(Results results, int rounds)
    {
        using var pods = new PodNamespaces();
        using var fabric = new FabricNode();
        results.Add(new ResultRow("agent start to ready, empty node", "ms", fabric.StartAgent().TotalMilliseconds, null, null, "", null));
        var before = await SizeAsync(fabric);
        for (var i = 0; i < Pods; i++)
        {
            fabric.Cni.Add($"live{i}", pods.Take());
            if (i % 50 == 49)
                Results.Progress($"{i + 1} pods");
        }
        var attached = await SizeAsync(fabric);
        var churned = pods.Take();
        for (var i = 0; i < 100; i++)
        {
            fabric.Cni.Add($"churn{i}", churned);
            fabric.Cni.Del($"churn{i}", churned);
        }
        var after = await SizeAsync(fabric);
        results.Add(new ResultRow("journal, one pod attached", "B", (attached.Bytes - before.Bytes) / Pods, null, null, "", null));
        results.Add(new ResultRow("journal, one pod attached and detached", "B", (after.Bytes - attached.Bytes) / 100, null, null, "", null));
        results.Add(new ResultRow("  events of it", "", (after.Ordering - attached.Ordering) / 100.0, null, null, "", null));
        results.Add(new ResultRow($"agent resident memory, {Pods} pods", "MB", fabric.Agent.ResidentBytes / 1e6, null, null, "", 120));

        fabric.KillAgent();
        await WriteHistoryAsync(fabric);
        var recovered = new Samples();
        for (var round = 0; round < rounds; round++)
        {
            var elapsed = FirstAdd(fabric, $"first{round}", pods.Take());
            Results.Progress($"first ADD {elapsed.TotalMilliseconds:0} ms after the agent's start");
            recovered.Add(elapsed);
            fabric.KillAgent();
        }
        results.Add(new ResultRow($"recovery to the first ADD: 1,010,000 events, {Pods} ports", "ms", recovered.Median.TotalMilliseconds,
            recovered.P99.TotalMilliseconds, null, "", 1000));
    }

    private static TimeSpan FirstAdd(FabricNode fabric, string container, LabNamespace pod)
    {
        fabric.LaunchAgent();
        // The binary itself waits for the socket; as long as the agent recovers, the answer is "try again later".
        while (fabric.Cni.Call("ADD", container, pod, "").ExitCode != 0)
            fabric.ThrowIfAgentEnded();
        return Stopwatch.GetElapsedTime(fabric.Agent.StartedAt);
    }

    private static async Task<(double Bytes, long Ordering)> SizeAsync(FabricNode fabric)
    {
        await using var journal = SqliteNodeJournal.OpenReadOnly(Path.Combine(fabric.StateFolder, "journal.db"));
        var horizon = await journal.ReadHorizonAsync(default);
        return (horizon.SizeBytes, horizon.LastOrdering);
    }

    // A million events that the snapshot covers, then ten thousand that it doesn't: addresses and port numbers that came and went.
    private static async Task WriteHistoryAsync(FabricNode fabric)
    {
        await using var journal = SqliteNodeJournal.Open(Path.Combine(fabric.StateFolder, "journal.db"));
        var clock = new HlcClock(TimeProvider.System, default);
        var fold = new NodeFold(journal, NodeEvents.Catalog, clock);
        await fold.LoadAsync(default);
        // Of many streams, as history is: an entity's own stream has a snapshot of its own.
        for (var i = 0; i < EventsBefore; i += 1000)
        {
            var stream = NodeLife.Id(new NodeName($"history{i / 1000}"));
            await AppendAsync(journal, clock, stream, 1000, _ => new NodeEvent.ClockStepped(TimeSpan.FromSeconds(1)));
        }
        Results.Progress($"{EventsBefore:n0} events before the snapshot");
        fold = new NodeFold(journal, NodeEvents.Catalog, clock);
        await fold.LoadAsync(default);
        await fold.SaveSnapshotAsync(default);
        var (pool, address) = fold.State.Pools.Select(p => (p.Key, p.Value.Cidr!.Value.At(900))).First();
        var pod = new AttachmentId(new ContainerId("gone"), new InterfaceName("eth0"));
        await AppendAsync(journal, clock, pool, EventsAfter / 2, i => i % 2 == 0
            ? new PoolEvent.AddressAllocated(pod, address, false)
            : new PoolEvent.AddressReleased(pod, address, DateTimeOffset.UtcNow));
        var number = new OfPort(30_000);
        await AppendAsync(journal, clock, Fabric.Node.Bridge.Id("br-fabric"), EventsAfter / 2, i => i % 2 == 0
            ? new BridgeEvent.OfPortTaken(pod, number, false)
            : new BridgeEvent.OfPortFreed(pod, number, DateTimeOffset.UtcNow));
        Results.Progress($"{EventsAfter:n0} events after it");
    }

    private static async Task AppendAsync(SqliteNodeJournal journal, HlcClock clock, PersistenceId stream, int count, Func<int, IEvent> make)
    {
        var last = (await journal.ReadHeadAsync(stream, default)).LastSequenceNr;
        for (var i = 0; i < count; i += Group)
        {
            var events = ImmutableArray.CreateBuilder<EventEnvelope>(Group);
            for (var j = 0; j < Group; j++)
            {
                var e = make(i + j);
                var reading = clock.Next();
                events.Add(new EventEnvelope
                {
                    Stream = stream, SequenceNr = last + j + 1, CommitId = new CommitId("history", 1, last + 1), Hlc = reading.Hlc,
                    WallTime = reading.Wall, Manifest = NodeEvents.Catalog.ManifestOf(e), Correlation = CorrelationId.None, Crc32C = 0,
                    Payload = NodeEvents.Catalog.Encode(e), Event = e,
                }.Sealed());
            }
            if (await journal.AppendAsync(new Append(stream, last, events.MoveToImmutable(), Durability.Process, []), default)
                is not AppendOutcome.Appended)
                throw new InvalidOperationException($"the history of {stream} could not be written");
            last += Group;
        }
    }
}
