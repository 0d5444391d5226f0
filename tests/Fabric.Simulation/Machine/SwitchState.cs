using System.Collections.Immutable;
using System.Globalization;
using Fabric.Messages;
using Fabric.Node;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Simulation;

/// <summary>Open vSwitch of one machine: its database outlives everything, its flows only the agent.</summary>
internal sealed class SwitchState
{
    private readonly SimulationRun _run;
    private readonly KernelState _kernel;
    private readonly List<SimulatedSwitch> _sessions = [];
    private readonly Dictionary<Flow, string> _texts = new(ReferenceEqualityComparer.Instance);
    private int _lastRow;

    public SwitchState(SimulationRun run, KernelState kernel)
    {
        _run = run;
        _kernel = kernel;
        kernel.LinksChanged = OpenLater;
    }

    /// <summary>The ports of the bridge in the database, by name.</summary>
    public SortedDictionary<string, Row> Rows { get; } = new(StringComparer.Ordinal);

    public Dictionary<FlowKey, Flow> Flows { get; } = [];

    /// <summary>Groups, which only others make.</summary>
    public SortedDictionary<uint, GroupDescription> Groups { get; } = [];

    /// <summary>The watched paths and what BFD says of them; nobody is at the other end here.</summary>
    public ImmutableSortedDictionary<NodeName, PeerPath> Paths { get; private set; } = ImmutableSortedDictionary<NodeName, PeerPath>.Empty;

    /// <summary>Whose connections the switch remembers, by zone and address.</summary>
    public SortedDictionary<string, string> Connections { get; } = new(StringComparer.Ordinal);

    public bool IsRunning { get; private set; } = true;

    /// <summary>Grows with each restart of ovs-vswitchd: a session belongs to one.</summary>
    public int Generation { get; private set; }

    /// <summary>When somebody other than the agent last changed something.</summary>
    public TimeSpan DisturbedAt { get; private set; }

    public IEnumerable<string> Texts => Flows.Values.Select(TextOf);

    public string TextOf(Flow flow)
    {
        if (!_texts.TryGetValue(flow, out var text))
            _texts[flow] = text = flow.ToString();
        return text;
    }

    public void Attend(SimulatedSwitch session) => _sessions.Add(session);

    public void Disturb(string what)
    {
        DisturbedAt = _run.Loop.Now;
        _run.Loop.Note(what);
    }

    public void Stop()
    {
        Disturb("ovs-vswitchd stops");
        IsRunning = false;
        Generation++;
        Flows.Clear();
        Groups.Clear();
        Tell(lost: true);
    }

    public void Start()
    {
        Disturb("ovs-vswitchd starts");
        IsRunning = true;
        // The database kept the numbers of before; now they are given anew.
        foreach (var row in Rows.Values)
            row.OfPort = null;
        Open();
    }

    /// <summary>The database is new: no port but the others' is in it.</summary>
    public void Forget()
    {
        foreach (var name in Rows.Values.Where(r => !r.IsForeign).Select(r => r.Name).ToArray())
            Rows.Remove(name);
    }

    public void DropSessions()
    {
        Disturb("the connections to Open vSwitch break");
        Generation++;
        Tell(lost: true);
    }

    public void Add(string name, AttachmentId? attachment, int request, bool isForeign = false, string record = "")
    {
        Rows[name] = new Row
        {
            Name = name, Attachment = attachment, Request = request, IsForeign = isForeign, Record = record,
            Uuid = string.Create(CultureInfo.InvariantCulture, $"row-{++_lastRow}"),
        };
        _run.Loop.Note($"ovsdb: {name} added, ofport {request} requested");
        OpenLater();
    }

    public void Remove(string name)
    {
        if (Rows.TryGetValue(name, out var row))
        {
            _run.Check(!row.IsForeign, $"the foreign port {name} is not removed");
            var inPort = row.OfPort?.ToString(CultureInfo.InvariantCulture);
            _run.Check(inPort is null || Texts.All(t => ValueOf(t, "in_port=") != inPort),
                $"the flows of {name} are removed before its port {inPort}");
        }
        Rows.Remove(name);
        _run.Loop.Note($"ovsdb: {name} removed");
        Tell(lost: false);
    }

    /// <summary>Whoever made a foreign port removes it.</summary>
    public void TakeAway(string name)
    {
        Rows.Remove(name);
        Disturb($"ovsdb: {name} removed by its owner");
        Tell(lost: false);
    }

    public void Change(IEnumerable<Flow> removed, IEnumerable<Flow> added)
    {
        foreach (var flow in removed)
            Flows.Remove(flow.Key);
        foreach (var flow in added)
            Flows[flow.Key] = flow;
        Traffic();
    }

    /// <returns>False if more were there than one call takes away.</returns>
    public bool Watch(ImmutableArray<WantedPath> paths)
    {
        const int mostRemoved = 2;
        var gone = Paths.Keys.Except(paths.Select(p => p.Peer)).ToArray();
        Paths = Paths.RemoveRange(gone.Take(mostRemoved))
            .SetItems(paths.Select(p => KeyValuePair.Create(p.Peer, new PeerPath(p.Peer, "down", null))));
        return gone.Length <= mostRemoved;
    }

    public void DeleteGroup(uint group)
    {
        Groups.Remove(group);
        foreach (var flow in Flows.Values.Where(f => f.Actions.OfType<GroupAction>().Any(a => a.Id == group)).ToArray())
            Flows.Remove(flow.Key);
    }

    /// <summary>Forgets an address's connections in a zone; a pod that still sends has new ones at once.</summary>
    public void Flush(int zone, string address)
    {
        Connections.Remove(string.Create(CultureInfo.InvariantCulture, $"0x{zone:x} {address}"));
        Traffic();
    }

    /// <summary>Every pod that can send does so, and must not find another's connection under its address.</summary>
    public void Traffic()
    {
        var sending = new HashSet<string>(StringComparer.Ordinal);
        var zones = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in Texts)
        {
            if (ValueOf(text, "in_port=") is { } from && text.IndexOf("/0xffff->reg3", StringComparison.Ordinal) is > 0 and var end)
                zones[from] = text[(text.LastIndexOf(':', end) + 1)..end];
            if (ValueOf(text, "in_port=") is { } port && (ValueOf(text, ",nw_src=") ?? ValueOf(text, ",ipv6_src=")) is { } source)
                sending.Add($"{port} {source}");
        }
        foreach (var row in Rows.Values)
        {
            if (row.OfPort is not { } ofPort || row.Attachment is null || !_kernel.Links.TryGetValue(row.Name, out var link))
                continue;
            foreach (var address in link.Addresses.Where(a =>
                         sending.Contains(string.Create(CultureInfo.InvariantCulture, $"{ofPort} {a}"))))
            {
                // Without one, Classifier drops what the pod sends.
                if (!zones.TryGetValue(ofPort.ToString(CultureInfo.InvariantCulture), out var zone))
                    continue;
                var connection = $"{zone} {address}";
                var before = Connections.GetValueOrDefault(connection);
                _run.Check(before is null || before == row.Uuid,
                    $"{address} is used by {row.Attachment} after the connections of its last holder were flushed");
                Connections[connection] = row.Uuid;
            }
        }
    }

    /// <summary>What follows <paramref name="key"/> in a flow's text, to the next comma or blank.</summary>
    public static string? ValueOf(string flow, string key)
    {
        var at = flow.IndexOf(key, StringComparison.Ordinal);
        if (at < 0)
            return null;
        var rest = flow.AsSpan(at + key.Length);
        var end = rest.IndexOfAny(',', ' ');
        return (end < 0 ? rest : rest[..end]).ToString();
    }

    private void OpenLater() => _ = _run.Loop.Run(async () =>
    {
        await Task.Delay(_run.Random.UpTo(TimeSpan.FromMilliseconds(20)), _run.Loop.Time);
        Open();
    });

    /// <summary>Opens what can be opened; a requested number is given unless another port has it.</summary>
    private void Open()
    {
        if (!IsRunning)
            return;
        var changed = false;
        foreach (var row in Rows.Values.OrderBy(r => r.Request == 0))
        {
            var isThere = row.IsInternal || row.IsForeign || _kernel.Links.ContainsKey(row.Name);
            // A device that vanishes leaves its port as it was, until ovs-vswitchd looks for it again.
            var ofPort = row.OfPort ?? (isThere ? Number(row.Request) : null);
            var failed = ofPort is null;
            changed |= ofPort != row.OfPort || failed != row.Failed;
            (row.OfPort, row.Failed) = (ofPort, failed);
        }
        if (!changed)
            return;
        Traffic();
        Tell(lost: false);
    }

    private int Number(int request)
    {
        var taken = Rows.Values.Select(r => r.OfPort).ToHashSet();
        if (request > 0 && !taken.Contains(request))
            return request;
        // Fabric's own two were on the bridge first; a stranger on their numbers is for an operator to move.
        var free = 3;
        while (taken.Contains(free) || Rows.Values.Any(r => r.Request == free))
            free++;
        return free;
    }

    private void Tell(bool lost)
    {
        _sessions.RemoveAll(s => !s.IsAlive);
        foreach (var session in _sessions.ToArray())
            session.HearLater(lost);
    }

    /// <summary>A port in the database.</summary>
    internal sealed class Row
    {
        public required string Name { get; init; }

        public required AttachmentId? Attachment { get; init; }

        public required int Request { get; init; }

        public required string Uuid { get; init; }

        public bool IsForeign { get; init; }

        /// <summary>What Fabric keeps with it.</summary>
        public required string Record { get; init; }

        /// <summary>Gateway and tunnel need no device of somebody else's.</summary>
        public bool IsInternal => !IsForeign && Attachment is null;

        public int? OfPort { get; set; }

        public bool Failed { get; set; }
    }
}
