using Fabric.Actors;
using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Bench;

/// <summary>
/// One change of flows as the agent makes it, from the commit of the event that asks for it until Open vSwitch has confirmed the
/// bundle, as the journal says of each, against a raw flow_mod with a barrier. The event is a peer's tunnel, which is flows and
/// nothing else.
/// </summary>
internal static class FlowChangeBenchmark
{
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Results results, RawNode raw, int rounds)
    {
        using var ovs = ScratchOvs.Start();
        var folder = Directory.CreateTempSubdirectory("fab-t-change-").FullName;
        try
        {
            await using var journal = SqliteNodeJournal.Open(Path.Combine(folder, "journal.db"));
            await using var loop = new EventLoop("bench", e => Results.Progress(e.ToString()));
            Samples mine = new(), theirs = new();
            await loop.RunAsync(() => MeasureAsync(ovs, journal, raw, rounds, mine, theirs));
            results.Add(ResultRow.Times("one flow change, commit to barrier", mine, theirs, "one flow_mod and a barrier", 3));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(
        ScratchOvs ovs, SqliteNodeJournal journal, RawNode raw, int rounds, Samples mine, Samples theirs)
    {
        using var stop = new CancellationTokenSource();
        var clock = new HlcClock(TimeProvider.System, default);
        var log = new AgentLog(NullLogger<AgentLog>.Instance);
        await using var bridge = new OvsSwitch(ovs.Endpoint, ovs.RunFolder, TimeProvider.System, Results.Progress);
        using var host = new EntityHost(
            new HostOptions { Writer = "bench", Incarnation = 1 }, NodeEvents.Catalog, clock, TimeProvider.System, log);
        host.Register(new Fabric.Node.Bridge(), journal);
        host.Register(new Tunnel(), journal);
        host.Register(new FlowRecorder(), journal);
        var fold = new NodeFold(journal, NodeEvents.Catalog, clock);
        var reconciler = new Reconciler(bridge, fold, new FlowPlan(), host, TimeProvider.System, log);
        var (flows, recorded) = (0, new TaskCompletionSource());
        fold.Changed = () =>
        {
            reconciler.Wake();
            if (fold.State.Flows.Programmed.Count > flows)
                recorded.TrySetResult();
        };
        var running = Task.WhenAll(fold.RunAsync(stop.Token), reconciler.RunAsync(stop.Token));
        await host.AskAsync(Fabric.Node.Bridge.Id("br-fabric"), new Fabric.Node.Bridge.Command.Configure(Configuration()), Context());
        await reconciler.AuditAsync(default);
        await fold.WhenFoldedAsync(journal.LastOrdering, default);
        for (var round = -20; round < rounds; round++)
        {
            (flows, recorded) = (fold.State.Flows.Programmed.Count, new());
            await host.AskAsync(Tunnel.Id(PeerOf(round)), new Tunnel.Command.Open(TunnelOf(round)), Context());
            var committed = TimeProvider.System.GetUtcNow();
            await recorded.Task;
            var least = await raw.ChangeFlowAsync(5_000 + round);
            if (round < 0)
                continue;
            mine.Add(await LastConfirmedAsync(journal) - committed);
            theirs.Add(least);
        }
        await stop.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // That is how they end.
        }
    }

    private static async Task<DateTimeOffset> LastConfirmedAsync(SqliteNodeJournal journal)
    {
        await foreach (var e in journal.ReadAllAsync(journal.LastOrdering, default))
        {
            if (NodeEvents.Catalog.TryDecode(e.Manifest, e.Payload.Span, out var decoded) && decoded is FlowEvent.FlowsChanged changed)
                return changed.ConfirmedAt;
        }
        throw new InvalidOperationException("the last event of the journal is not the change of flows");
    }

    private static AskContext Context() => new(CorrelationId.None, AskWithin);

    private static NodeName PeerOf(int round) => new($"peer{round + 20}");

    private static TunnelEvent.TunnelOpened TunnelOf(int round) => new(
        PeerOf(round), $"uid{round + 20}", [IpAddress.V4(0xC612_0000u + (uint)(round + 21))],
        [new Cidr(IpAddress.V4(0x0A80_0000u + ((uint)(round + 20) << 8)), 24)]);

    private static BridgeEvent.BridgeConfigured Configuration() => new("br-fabric", "netdev", 1, new InterfaceName("fabric-gw0"),
        MacAddress.Parse("0a:58:0a:f4:03:01"), new OfPort(2), new InterfaceName("fabric-tun0"), new OfPort(1), OverlayKind.Vxlan,
        4789, new Vni(1), 1450, 65000, [Cidr.Parse("10.128.0.0/9")], [Cidr.Parse("10.244.3.0/24")], [IpAddress.Parse("192.0.2.10")]);
}
