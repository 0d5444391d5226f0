using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;
using OfPort = Fabric.Messages.OfPort;

namespace Fabric.Node.Tests;

/// <summary>A node with a short past: two pods, one of them without a name, one peer. Every time in it is fixed.</summary>
public sealed class SampleNode(INodeJournal journal) : INodeView, IClusterOperations
{
    public static readonly DateTimeOffset Start = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    public static readonly AttachmentId Web = AttachmentId.Parse(
        "4f1d3f3b0c5e4b8a9d2c7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b/eth0");

    public static readonly AttachmentId Nameless = AttachmentId.Parse("c0ffee/eth0");

    private static readonly NodeName Name = new("node-a");
    private static readonly PersistenceId BridgeId = Bridge.Id("fab0");
    private static readonly PersistenceId Pool = AddressPool.Id("pods", isV6: false);

    private readonly Dictionary<PersistenceId, long> _heads = [];
    private long _counter;

    public INodeJournal Journal { get; } = journal;

    public NodeState State { get; private set; } = NodeState.Initial;

    public Readiness Readiness { get; set; } = Readiness.Ready;

    public ChangeSignal ClusterChanges { get; } = new();

    /// <summary>What node-b is.</summary>
    public MemberState SecondState { get; set; } = MemberState.Unreachable;

    /// <summary>What BFD says.</summary>
    public ImmutableSortedDictionary<NodeName, PeerPath> Paths { get; private set; } = ImmutableSortedDictionary<NodeName, PeerPath>.Empty;

    public void WatchesPath(string state)
    {
        var peer = State.Tunnels.Keys.Single();
        Paths = Paths.SetItem(peer, new PeerPath(peer, state, "Control Detection Time Expired"));
    }

    /// <summary>What operators have asked the cluster for.</summary>
    public List<string> Operations { get; } = [];

    public OperationOutcome Outcome { get; set; } = new OperationOutcome.Done("it is done");

    public Task<OperationOutcome> DrainAsync(NodeName node, bool isDrained, CancellationToken cancellationToken) =>
        Operated($"{(isDrained ? "drain" : "undrain")} {node}");

    public Task<OperationOutcome> RemoveAsync(NodeName node, string? uid, bool isForced, CancellationToken cancellationToken) =>
        Operated($"remove {node}, uid {uid ?? "any"}{(isForced ? ", by force" : "")}");

    public Task<OperationOutcome> AddCidrAsync(ClusterCidr range, CancellationToken cancellationToken) => Operated($"add {range}");

    public Task<OperationOutcome> CreateNetworkAsync(
        NetworkName network, Vni? vni, ImmutableArray<NetworkSubnet> subnets, CancellationToken cancellationToken) =>
        Operated($"create {network}, VNI {vni?.ToString() ?? "any"}, {string.Join("; ", subnets)}");

    public Task<OperationOutcome> DeleteNetworkAsync(NetworkName network, CancellationToken cancellationToken) =>
        Operated($"delete {network}");

    private Task<OperationOutcome> Operated(string what)
    {
        Operations.Add(what);
        return Task.FromResult(Outcome);
    }

    public NodeFacts Read() => new(
        Start.AddSeconds(75),
        new AgentIdentity(Name, "5ad1ca3e", 7, "0.1.0", Start, [IpAddress.Parse("192.0.2.10")]),
        Readiness, State, true, true, "3.1.0", State.Ordering - 1, [.. Plan.Values.SelectMany(f => f)], Plan, Paths, 0, 9,
        new ClusterFacts("sqlite:/var/lib/fabric/cluster.db", true, Start.AddSeconds(74.5), new NodeName("node-b"), false,
        [
            Member("node-a", 1, MemberState.Up, "its lease is renewed", 1),
            Member("node-b", 2, SecondState, "its lease ran out", 60),
        ], [new ClusterCidrUse(new ClusterCidr(Cidr.Parse("10.244.0.0/16"), 24), 256, 2, 1)], [], [])
        {
            Networks = [Blue],
        });

    private static VirtualNetworks.Network Blue { get; } = new(
        new NetworkName("blue"), new Vni(4096),
        [
            new NetworkSubnet(Cidr.Parse("10.9.0.0/24"), IpAddress.Parse("10.9.0.1"), [Cidr.Parse("10.9.0.250/32")], 26),
            new NetworkSubnet(Cidr.Parse("fd09::/64"), IpAddress.Parse("fd09::1"), [], 120),
        ],
        ImmutableSortedDictionary<string, VirtualNetworks.Holding>.Empty.Add("uid-node-b", new VirtualNetworks.Holding(
            new NodeName("node-b"), "uid-node-b", [Cidr.Parse("10.9.0.0/26"), Cidr.Parse("fd09::/120")])),
        ImmutableSortedDictionary<Cidr, VirtualNetworks.BlockRest>.Empty,
        ImmutableSortedDictionary<IpAddress, VirtualNetworks.Claim>.Empty.Add(IpAddress.Parse("10.9.0.200"), new VirtualNetworks.Claim(
            Name, "5ad1ca3e", Nameless)));

    public async Task LiveAsync()
    {
        var cidr = Cidr.Parse("10.244.1.0/24");
        await HappenAsync(NodeLife.Id(Name), "-", 0, new NodeEvent.AgentStarted(Name, "5ad1ca3e", 7, "0.1.0", "boot-1", true));
        await HappenAsync(BridgeId, "-", 3, new BridgeEvent.BridgeConfigured("fab0", "system", 1, new InterfaceName("fabgw0"),
            MacAddress.Parse("0a:fa:b0:00:00:02"), new OfPort(2), new InterfaceName("fabtun0"), new OfPort(1), OverlayKind.Geneve, 6081,
            new Vni(7), 1450, 64000, [Cidr.Parse("10.244.0.0/16")], [cidr], [IpAddress.Parse("192.0.2.10")]));
        await HappenAsync(NodeLife.Id(Name), "-", 5, new NodeEvent.PodCidrsAdopted([cidr]));
        await HappenAsync(Pool, "-", 6, new PoolEvent.PoolOpened(cidr, AddressPool.ReservedAddresses));
        await AttachAsync(Web, new PodRef("default", "web-0", "0b9a"), "10.244.1.3", 64, "r1", 1000);
        await AttachAsync(Nameless, null, "10.244.1.4", 65, "r2", 2000);
        await HappenAsync(Tunnel.Id(new NodeName("node-b")), "-", 3000, new TunnelEvent.TunnelOpened(new NodeName("node-b"), "77aa",
            [IpAddress.Parse("192.0.2.11")], [Cidr.Parse("10.244.2.0/24")]));
        await HappenAsync(Port.Id(Nameless), "r3", 60_000, new PortEvent.DetachRequested(2, "CNI DEL"));
    }

    /// <summary>One event, committed and folded.</summary>
    public async Task HappenAsync(PersistenceId stream, string correlation, int afterMs, IEvent e)
    {
        var head = _heads.GetValueOrDefault(stream);
        var at = Start.AddMilliseconds(afterMs);
        var envelope = new EventEnvelope
        {
            Stream = stream,
            SequenceNr = head + 1,
            CommitId = new CommitId("node-a", 7, ++_counter),
            Hlc = new Hlc(at.ToUnixTimeMilliseconds(), 0),
            WallTime = at,
            Manifest = NodeEvents.Catalog.ManifestOf(e),
            Correlation = new CorrelationId(correlation),
            Crc32C = 0,
            Payload = NodeEvents.Catalog.Encode(e),
        }.Sealed();
        var outcome = await Journal.AppendAsync(
            new Append(stream, head, [envelope], Durability.Process, []), CancellationToken.None);
        Assert.IsType<AppendOutcome.Appended>(outcome);
        _heads[stream] = head + 1;
        State = State.Apply(envelope with { Ordering = Journal.LastOrdering }, e);
    }

    private static ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> Plan { get; } =
        ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>>.Empty
            .Add(BridgeId, [Planned(0, 0, Match.Any, ActionList.Drop)])
            .Add(Port.Id(Web),
            [
                Planned(10, 200, Match.Any.InPort(new Fabric.Ovs.OpenFlow.OfPort(64)).Ip(),
                    ActionList.Create([FlowAction.Resubmit(20)])),
            ]);

    private static PlannedFlow Planned(byte table, ushort priority, Match match, ActionList actions) =>
        PlannedFlow.Of(new Flow { Table = table, Priority = priority, Cookie = 0x1f, Match = match, Actions = actions });

    private static MemberView Member(string name, int number, MemberState state, string reason, int afterSeconds) => new(
        new NodeName(name), state, Start.AddSeconds(afterSeconds), reason, 7, $"uid-{name}", [IpAddress.Parse($"192.0.2.1{number - 1}")],
        "0.1.0", [Cidr.Parse($"10.244.{number}.0/24")], false, false);

    private async Task AttachAsync(AttachmentId attachment, PodRef? pod, string address, ushort ofPort, string correlation, int at)
    {
        var stream = Port.Id(attachment);
        var ip = IpAddress.Parse(address);
        var number = new OfPort(ofPort);
        var mac = MacAddress.LocallyAdministered(ofPort);
        await HappenAsync(stream, correlation, at, new PortEvent.AttachmentRequested(attachment, new NetworkName("pods"), "d1",
            new SandboxRef("/run/netns/x", 4, ofPort), new InterfaceName($"fab{ofPort:x8}"), mac, 1450, pod, BridgeId, [Pool], [],
            null, [], [], 1, "boot-1"));
        await HappenAsync(Pool, correlation, at + 1, new PoolEvent.AddressAllocated(attachment, ip, false));
        await HappenAsync(BridgeId, correlation, at + 1, new BridgeEvent.OfPortTaken(attachment, number, false));
        await HappenAsync(stream, correlation, at + 2, new PortEvent.AddressAssigned(
            Pool, new AddressPrefix(ip, 24), IpAddress.Parse("10.244.1.1")));
        await HappenAsync(stream, correlation, at + 2, new PortEvent.OfPortAssigned(number));
        await HappenAsync(stream, correlation, at + 9, new PortEvent.AttachmentReady(
            1, 11, MacAddress.Parse("0a:00:00:00:00:0b"), 2, mac, number, "5f0e"));
    }
}
