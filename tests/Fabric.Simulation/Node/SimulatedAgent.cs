using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>One run of the agent, as far as attachments go: the production entities on the production host.</summary>
internal sealed class SimulatedAgent : IHostObserver
{
    public static readonly PersistenceId BridgeId = Bridge.Id("br-fabric");
    public static readonly PersistenceId PoolV4 = AddressPool.Id("fabric", isV6: false);
    public static readonly PersistenceId PoolV6 = AddressPool.Id("fabric", isV6: true);

    private readonly SimulationRun _run;
    private EntityHost? _host;

    public SimulatedAgent(SimulationRun run, INodeJournal disk, DiskFaults faults, PlumbedPorts kernel, AttachmentLedger ledger,
        int incarnation)
    {
        _run = run;
        Process = run.Loop.Start($"agent-{incarnation}");
        Journal = new SimulatedJournal(disk, run.Loop, Process) { Faults = faults, Written = ledger.Record };
        var ports = ledger.Ports.Keys.Order().ToArray();
        _ = Process.Run(async () =>
        {
            var driver = new SimulatedDriver(run, Process, kernel);
            var options = new HostOptions { Writer = "node-a", Incarnation = incarnation, SnapshotEvery = 4 };
            var host = new EntityHost(options, NodeEvents.Catalog, new HlcClock(Process.Time, default), Process.Time, this)
            {
                Driver = driver,
            };
            driver.Host = host;
            host.Register(new Port(), Journal);
            host.Register(new AddressPool(), Journal);
            host.Register(new Bridge(), Journal);
            await OpenAsync(host, PoolV4, Cidr.Parse("10.244.3.0/29"));
            await OpenAsync(host, PoolV6, Cidr.Parse("2001:db8:3::/64"));
            foreach (var port in ports)
                host.Activate(port);
            _host = host;
        });
    }

    public SimulatedProcess Process { get; }

    public SimulatedJournal Journal { get; }

    /// <summary>Asks as the CNI server does; null if the agent does not serve yet.</summary>
    public Task<AskResult>? AskAsync(PersistenceId to, ICommand command) =>
        _host?.AskAsync(to, command, new AskContext(new CorrelationId("cni"), TimeSpan.FromSeconds(40)));

    private static async Task OpenAsync(EntityHost host, PersistenceId pool, Cidr cidr)
    {
        var context = new AskContext(CorrelationId.None, TimeSpan.FromSeconds(5));
        while (await host.AskAsync(pool, new AddressPool.Command.Open(cidr), context) is not AskResult.Replied)
        {
        }
    }

    public void EntityFailed(PersistenceId id, Exception failure, bool restarts) =>
        _run.Loop.Fail(new SimulationFailedException($"{id} failed: {failure}", failure));

    public void MailboxDeep(PersistenceId id, int depth) => Process.Note($"{id}: mailbox {depth}");

    public void AppendUnknown(PersistenceId id, string reason) => Process.Note($"{id}: unknown: {reason}");

    public void SnapshotFailed(PersistenceId id, string reason) => Process.Note($"{id}: {reason}");

    public void ManifestUnknown(PersistenceId id, string manifest, long sequenceNr) =>
        _run.Loop.Fail(new SimulationFailedException($"{id}#{sequenceNr}: {manifest} is unknown"));

    public void GapOpened(PersistenceId id, string reason) => Process.Note($"{id}: gap: {reason}");

    public void GapClosed(PersistenceId id, DateTimeOffset from, DateTimeOffset to) => Process.Note($"{id}: gap closed");

    public void ClockStepped(TimeSpan by) => Process.Note($"clock stepped by {by}");

    public void ClockAhead(PersistenceId id, TimeSpan by) => Process.Note($"{id}: clock ahead by {by}");
}
