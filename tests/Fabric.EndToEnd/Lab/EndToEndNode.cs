using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Actors;
using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.EndToEnd;

/// <summary>A lab node with the agent on it.</summary>
public sealed class EndToEndNode : IDisposable
{
    public const string BridgeName = "br-fabric";

    public const string Gateway = "fabric-gw";

    /// <summary>About a second on an idle machine.</summary>
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);

    private static int _containers;

    private readonly string _folder;

    public EndToEndNode(LabUnderlay underlay, string clusterFolder, IReadOnlyDictionary<string, string> overrides)
    {
        Lab = LabNode.Create(underlay);
        _folder = Path.Combine(Lab.Ovs.Folder, "agent");
        Directory.CreateDirectory(_folder);
        Options = new Dictionary<string, string>
        {
            ["node-name"] = Lab.Name,
            ["state-dir"] = Path.Combine(_folder, "state"),
            ["cluster-store"] = $"sqlite:{Path.Combine(clusterFolder, "cluster.db")}",
            ["cluster-cidr"] = "10.244.0.0/16",
            ["underlay-address"] = (Lab.AddressV6 ?? Lab.Address).ToString(),
            ["datapath-type"] = "netdev",
            ["ovs-db"] = Lab.Ovs.Endpoint,
            ["ovs-run-dir"] = Lab.Ovs.RunFolder,
            ["cni-socket"] = CniSocket,
            ["admin-socket"] = Path.Combine(_folder, "admin.sock"),
            ["health-address"] = "off",
            ["log-level"] = "debug",
        };
        foreach (var (name, value) in overrides)
            Options[name] = value;
    }

    public LabNode Lab { get; }

    /// <summary>The agent's options; a change counts from the next start on.</summary>
    public Dictionary<string, string> Options { get; }

    public LabNamespace Namespace => Lab.Namespace;

    public ScratchOvs Ovs => Lab.Ovs;

    public string CniSocket => Path.Combine(_folder, "cni.sock");

    public string JournalPath => Path.Combine(Options["state-dir"], "journal.db");

    public string LogFile => Path.Combine(_folder, "agent.log");

    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    public AgentProcess? Agent { get; private set; }

    public bool IsServing => Agent is { HasExited: false };

    /// <summary>Starts the agent without waiting for it.</summary>
    public AgentProcess Launch() => Agent = AgentProcess.Start(Namespace, LogFile, Options);

    /// <summary>Starts the agent and waits until STATUS succeeds.</summary>
    public async Task StartAsync()
    {
        Launch();
        await WaitUntilReadyAsync();
    }

    public async Task WaitUntilReadyAsync()
    {
        try
        {
            await LabWait.UntilAsync(
                async () =>
                {
                    if (Agent!.HasExited)
                        throw new InvalidOperationException($"the agent of {Lab.Name} ended by itself:\n{Log}");
                    return File.Exists(CniSocket) && (await Call("STATUS").RunAsync()).Succeeded;
                },
                $"the agent of {Lab.Name} is ready", ReadyWithin);
        }
        catch (LabException e)
        {
            throw new EndToEndException($"{e.Message}\n{Log}", e);
        }
    }

    /// <summary>SIGKILL and a new start, ready again.</summary>
    public Task CrashAndRestartAsync()
    {
        Agent!.Kill();
        return StartAsync();
    }

    public CniCall Call(string command) => new(command, CniSocket);

    /// <summary>A namespace for a pod, not attached yet.</summary>
    public Pod NewPod(bool ipv6 = false)
    {
        var number = Interlocked.Increment(ref _containers);
        return new Pod(this, LabNamespace.Create("pod", ipv6), string.Create(CultureInfo.InvariantCulture, $"c{number:x8}"));
    }

    public Task<Pod> AddPodAsync(bool ipv6 = false) => NewPod(ipv6).AddAsync();

    /// <summary>A pod on a virtual network, attached.</summary>
    public Task<Pod> AddPodAsync(string network, string? address = null) => NewPod(network, address).AddAsync();

    /// <summary>A namespace for a pod on a virtual network, not attached yet.</summary>
    public Pod NewPod(string network, string? address = null)
    {
        var number = Interlocked.Increment(ref _containers);
        var extra = address is null ? new JsonObject() : new JsonObject { ["runtimeConfig"] = new JsonObject { ["ips"] = new JsonArray(address) } };
        extra["network"] = network;
        return new Pod(this, LabNamespace.Create("pod", ipv6: true), string.Create(CultureInfo.InvariantCulture, $"c{number:x8}"))
        {
            Extra = extra.ToJsonString(),
        };
    }

    public async Task<ImmutableArray<(EventEnvelope Envelope, IEvent Event)>> EventsAsync()
    {
        await using var journal = SqliteNodeJournal.OpenReadOnly(JournalPath);
        var events = ImmutableArray.CreateBuilder<(EventEnvelope, IEvent)>();
        await foreach (var envelope in journal.ReadAllAsync(0, CancellationToken.None))
        {
            if (NodeEvents.Catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e))
                events.Add((envelope, e));
        }
        return events.ToImmutable();
    }

    public async Task<NodeState> StateAsync()
    {
        await using var journal = SqliteNodeJournal.OpenReadOnly(JournalPath);
        var fold = new NodeFold(journal, NodeEvents.Catalog, new HlcClock(TimeProvider.System, default));
        await fold.LoadAsync(CancellationToken.None);
        return fold.State;
    }

    public Task WaitForEventAsync<T>(Func<T, bool> matches, string what, TimeSpan? deadline = null) where T : IEvent =>
        LabWait.UntilAsync(
            async () => (await EventsAsync()).Any(e => e.Event is T wanted && matches(wanted)), what, deadline);

    public ImmutableSortedSet<string> BridgePorts() =>
        [.. Ovs.Vsctl("list-ports", BridgeName).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The bridge's flows without what changes by itself, sorted.</summary>
    public string[] Flows() =>
    [
        .. Ovs.Ofctl("--no-stats", "--no-names", "dump-flows", BridgeName)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim())
            .Where(line => line.Contains("actions=", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public void Dispose()
    {
        Agent?.Dispose();
        Lab.Dispose();
    }
}
