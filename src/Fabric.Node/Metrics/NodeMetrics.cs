using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What the agent counts and measures. Any thread.</summary>
public sealed class NodeMetrics
{
    // An ADD takes some milliseconds; from 10 s on the runtime has given up.
    private static readonly ImmutableArray<double> CniBuckets =
        [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

    private readonly Counter _cniRequests = new(
        "fabric_cni_requests_total", "CNI calls answered, by command and error code (0 is success).", "command", "code");
    private readonly Histogram _cniSeconds = new(
        "fabric_cni_request_seconds", "Time from a CNI call's arrival to its answer.", CniBuckets);
    private readonly Gauge _ports = new("fabric_ports", "Pod interfaces by stage.", "stage");
    private readonly Gauge _poolAddresses = new(
        "fabric_pool_addresses", "Addresses of each pool that are used, free or resting.", "pool", "state");
    private readonly Gauge _flows = new("fabric_flows_programmed", "Flows that Open vSwitch has confirmed.");
    private readonly Gauge _reconcileLag = new(
        "fabric_reconcile_lag_events", "Journal events that ports and flows do not agree with yet.");
    private readonly Gauge _switchConnected = new("fabric_switch_connected", "1 while the session with Open vSwitch is up.");
    private readonly Gauge _journalSize = new("fabric_journal_size_bytes", "The journal's size on disk.");
    private readonly Counter _appendsUnknown = new(
        "fabric_journal_appends_unknown_total", "Appends whose outcome was not known at once.");
    private readonly Gauge _mailboxDepth = new("fabric_mailbox_depth_max", "The deepest mailbox of all entities.");
    private readonly Gauge _peers = new("fabric_peers", "Peers that packets are tunnelled to.");
    private readonly Gauge _paths = new(
        "fabric_peer_path_up", "1 if BFD on the path to the peer is up, 0 if not; nothing where BFD is off.", "peer");
    private readonly Gauge _members = new("fabric_members", "The cluster's members by state.", "state");
    private readonly Gauge _singleton = new("fabric_singleton_holder", "1 if the cluster's singletons run on this node.");
    private readonly Gauge _podCidrBlocks = new(
        "fabric_pod_cidr_blocks", "Blocks of each cluster CIDR: all (total), held by nodes, resting after they were freed.",
        "cluster_cidr", "state");
    private readonly Gauge _stalled = new(
        "fabric_cluster_streams_stalled", "Streams of the cluster that hold what this version can't read.");
    private readonly Gauge _stranded = new(
        "fabric_attachments_stranded", "Attachments with addresses of a block that is no longer this node's.");
    private readonly Gauge _ready = new("fabric_ready", "1 if a CNI ADD can be served.");
    private readonly Gauge _loopTurns = new(
        "fabric_event_loop_responding", "1 if the event loop answered this scrape; what it would have told is of an earlier one if not.");
    private readonly Counter _driftFound = new(
        "fabric_drift_found_total", "Audits that found flows not to be as they should.");
    private readonly Counter _podEventsDropped = new(
        "fabric_pod_events_dropped_total", "Events on Pods that the Kubernetes API did not take, or not in time.");
    private readonly Gauge _memory = new("process_resident_memory_bytes", "Resident memory size in bytes.");
    private readonly Gauge _started = new(
        "process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.");
    private readonly Gauge _build = new("fabric_build_info", "The agent's version.", "version");

    public NodeMetrics(string version)
    {
        _build.Set(1, version);
        using var process = Process.GetCurrentProcess();
        _started.Set(new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        Families =
        [
            _cniRequests, _cniSeconds, _ports, _poolAddresses, _flows, _reconcileLag, _switchConnected, _journalSize,
            _appendsUnknown, _mailboxDepth, _peers, _paths,
            _members, _singleton, _podCidrBlocks, _stalled, _stranded, _ready, _loopTurns, _driftFound, _podEventsDropped, _memory, _started, _build,
        ];
    }

    public ImmutableArray<MetricFamily> Families { get; }

    /// <param name="code">The CNI error code; 0 for success.</param>
    public void CniAnswered(string command, int code, TimeSpan took)
    {
        _cniRequests.Add(command, code.ToString(CultureInfo.InvariantCulture));
        _cniSeconds.Observe(took.TotalSeconds);
    }

    public void AppendUnknown() => _appendsUnknown.Add();

    public void DriftFound() => _driftFound.Add();

    public void PodEventDropped() => _podEventsDropped.Add();

    /// <summary>Takes what a scrape shows of the node.</summary>
    public void Update(NodeFacts facts)
    {
        var state = facts.State;
        _ports.Reset(Enum.GetValues<PortStage>().Where(s => s != PortStage.Absent).Select(stage =>
            (new[] { stage.ToString().ToLowerInvariant() }, (double)state.Ports.Values.Count(p => p.Stage == stage))));
        _poolAddresses.Reset(NodeAnswers.Ips(facts, ImmutableDictionary<AttachmentId, PortTimes>.Empty).Pools.SelectMany(
            p => new (string[], double)[]
            {
                ([p.Pool.Key, "used"], p.Used), ([p.Pool.Key, "free"], p.Free), ([p.Pool.Key, "resting"], p.Resting),
            }));
        _flows.Set(facts.Programmed.Length);
        _reconcileLag.Set(Math.Max(0, state.Ordering - facts.ReconciledOrdering));
        _switchConnected.Set(facts.SwitchConnected ? 1 : 0);
        _mailboxDepth.Set(facts.MailboxDepth);
        _peers.Set(state.Tunnels.Count);
        _paths.Reset(facts.Paths.Values.Select(p => (new[] { p.Peer.Value }, p.IsUp ? 1.0 : 0.0)));
        _stranded.Set(state.Stranded.Length);
        _ready.Set(facts.Readiness.IsReady ? 1 : 0);
        _loopTurns.Set(1);
        if (facts.Cluster is { } cluster)
            Update(cluster);
    }

    private void Update(ClusterFacts cluster)
    {
        var byState = cluster.Members.Where(m => !m.IsFormer).CountBy(m => m.State).ToDictionary();
        _members.Reset(Enum.GetValues<MemberState>().Where(s => s != MemberState.Removed).Select(state =>
            (new[] { state.ToString().ToLowerInvariant() }, (double)byState.GetValueOrDefault(state))));
        _singleton.Set(cluster.IsSingleton ? 1 : 0);
        _podCidrBlocks.Reset(cluster.ClusterCidrs.SelectMany(c => new (string[], double)[]
        {
            ([c.Range.Cidr.ToString(), "total"], c.Blocks), ([c.Range.Cidr.ToString(), "assigned"], c.Assigned),
            ([c.Range.Cidr.ToString(), "resting"], c.Resting),
        }));
        _stalled.Set(cluster.Stalls.Length);
    }

    public void Update(JournalHorizon journal) => _journalSize.Set(journal.SizeBytes);

    public void UpdateProcess()
    {
        using var process = Process.GetCurrentProcess();
        _memory.Set(process.WorkingSet64);
    }

    /// <summary>The loop did not answer: its gauges stay as they were, and the node is not ready.</summary>
    public void LoopStuck()
    {
        _loopTurns.Set(0);
        _ready.Set(0);
    }
}
