using System.Collections.Immutable;
using System.Globalization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The admin socket's answers, from facts alone.</summary>
public static class NodeAnswers
{
    public static StatusAnswer Status(NodeFacts facts, JournalAnswer journal)
    {
        var (identity, state) = (facts.Identity, facts.State);
        return new StatusAnswer(
            facts.At, identity.Node, identity.Uid, identity.Incarnation, identity.Version,
            Math.Round((facts.At - identity.StartedAt).TotalSeconds, 3),
            facts.Readiness.IsReady
                ? ReadinessAnswer.Yes
                : new ReadinessAnswer(false, facts.Readiness.Code, [facts.Readiness.Reason]),
            Conditions(facts),
            state.Bridge.Configured is { } b
                ? new BridgeAnswer(b.Bridge, b.DatapathType, Word(b.Overlay), b.OverlayPort, b.Vni, b.MtuBytes, b.PipelineVersion)
                : null,
            state.PodCidrs,
            // The gateway has the block's first address (docs/architecture.md, node identity).
            [.. state.PodCidrs.Select(c => c.At(1))],
            new SwitchAnswer(facts.SwitchConnected, facts.SwitchVersion, facts.SwitchInStep),
            journal,
            state.Ports.Values.CountBy(p => Word(p.Stage)).ToImmutableSortedDictionary(StringComparer.Ordinal),
            state.Tunnels.Count,
            facts.Programmed.Length,
            facts.ReconciledOrdering,
            state.Ordering,
            facts.MailboxDepth,
            facts.EntitiesInMemory,
            Cluster(facts.Cluster));
    }

    public static JournalAnswer Journal(string path, JournalHorizon h) =>
        new(path, h.SizeBytes, h.FirstOrdering, h.FirstTime, h.LastOrdering, h.LastTime, h.DroppedThrough, null);

    public static JournalAnswer Journal(string path, JournalException failure) =>
        new(path, 0, 0, null, 0, null, 0, failure.Message);

    public static MembersAnswer Members(NodeFacts facts)
    {
        var singleton = facts.Cluster?.Singleton;
        return new MembersAnswer(facts.At, facts.Identity.Node, Cluster(facts.Cluster),
            facts.Cluster is not { } cluster ? [] :
            [
                .. cluster.Members.Select(m => new MemberEntry(
                    m.Node, m.Uid, m.Incarnation, Word(m.State), m.Reason, m.Since, m.Version,
                    m.UnderlayAddresses, m.PodCidrs, m.Node == singleton && !m.IsFormer, m.IsDrained, m.IsFormer)),
            ]);
    }

    public static NetworksAnswer Networks(NodeFacts facts) => new(facts.At, facts.Identity.Node, Cluster(facts.Cluster),
    [
        .. (facts.Cluster?.Networks ?? []).Select(n => new NetworkEntry(n.Name, n.Vni,
            [
                .. n.Subnets.Select(s => new SubnetEntry(s.Cidr, s.Gateway, s.Excluded, s.BlockPrefixLength,
                    n.Holdings.Values.Sum(h => h.Blocks.Count(b => s.Cidr.Contains(b))),
                    n.Resting.Keys.Count(b => b.PrefixLength == s.BlockPrefixLength && s.Cidr.Contains(b)),
                    n.Claims.Keys.Count(a => s.Cidr.Contains(a)),
                    (long)UInt128.Min(long.MaxValue, s.Blocks()))),
            ],
            [.. n.Nodes()])),
    ]);

    /// <param name="network">A virtual network that the node is in; null for the default one.</param>
    public static MeshAnswer Mesh(
        NodeFacts facts, IReadOnlyDictionary<NodeName, DateTimeOffset> since, NetworkEvent.NetworkJoined? network = null)
    {
        var states = facts.Cluster?.Members.Where(m => !m.IsFormer).ToDictionary(m => m.Node, m => Word(m.State)) ?? [];
        var bridge = facts.State.Bridge.Configured;
        return new MeshAnswer(
            facts.At, facts.Identity.Node, bridge is null ? null : Word(bridge.Overlay), network?.Vni ?? bridge?.Vni,
            facts.Identity.Vteps, network?.Blocks ?? facts.State.PodCidrs,
            [
                .. (network is null
                    ? facts.State.Tunnels.Values
                    : facts.State.NetworkTunnels.Values.Where(t => t.Network == network.Network)).Select(t => new PeerEntry(
                    t.Peer, t.PeerUid, t.Vteps, t.PodCidrs, states.GetValueOrDefault(t.Peer, "open"), At(since, t.Peer),
                    PathOf(facts, t.Peer))),
            ]);
    }

    private static string? PathOf(NodeFacts facts, NodeName peer) =>
        facts.Paths.TryGetValue(peer, out var path) ? path.State ?? "starting" : null;

    public static PortsAnswer Ports(NodeFacts facts, IReadOnlyDictionary<AttachmentId, PortTimes> times) => new(
        facts.At, facts.Identity.Node, facts.State.Ordering,
        [
            .. facts.State.Ports.Select(p => new PortEntry(
                p.Key.Container, p.Key.IfName, p.Value.Request?.Pod, p.Value.Request?.Network, Word(p.Value.Stage),
                times.GetValueOrDefault(p.Key)?.StageSince, p.Value.Addresses, p.Value.OfPort,
                p.Value.Request?.HostInterface, p.Value.Request?.Mac, p.Value.Retries, p.Value.Request?.Virtual?.Network)),
        ]);

    public static IpsAnswer Ips(NodeFacts facts, IReadOnlyDictionary<AttachmentId, PortTimes> times) => new(
        facts.At, facts.Identity.Node, facts.State.Ordering,
        [.. facts.State.Pools.Select(p => Pool(facts, p.Key, p.Value, times))]);

    public static FlowsAnswer Flows(NodeFacts facts)
    {
        var owners = new Dictionary<long, PersistenceId>();
        foreach (var (owner, flows) in facts.Planned)
        {
            foreach (var flow in flows)
                owners[flow.Text.Id] = owner;
        }
        return new FlowsAnswer(facts.At, facts.Identity.Node, facts.State.Bridge.Configured?.Bridge,
        [
            .. facts.Programmed
                .OrderBy(f => f.Flow.Table).ThenByDescending(f => f.Flow.Priority).ThenBy(f => f.Text.Text, StringComparer.Ordinal)
                .Select(f => Flow(facts.State, f, owners.TryGetValue(f.Text.Id, out var owner) ? owner : null)),
        ]);
    }

    private static ImmutableArray<string> Conditions(NodeFacts facts)
    {
        var conditions = ImmutableArray.CreateBuilder<string>();
        conditions.AddRange(facts.Cluster?.Stalls ?? []);
        conditions.AddRange(facts.Cluster?.Conditions ?? []);
        if (facts.State.Stranded is { IsEmpty: false } stranded)
        {
            conditions.Add($"{stranded.Length} attachments have addresses of a block that is no longer this node's and are not reached from "
                + $"other nodes: {string.Join(", ", stranded.Take(10))}{(stranded.Length > 10 ? " …" : "")}; delete their pods");
        }
        return conditions.ToImmutable();
    }

    private static ClusterAnswer? Cluster(ClusterFacts? c) =>
        c is null ? null : new ClusterAnswer(c.Store, c.Reachable, c.LastContact, c.Singleton);

    private static PoolEntry Pool(
        NodeFacts facts, PersistenceId id, AddressPool.State pool, IReadOnlyDictionary<AttachmentId, PortTimes> times)
    {
        var lending = pool.Lending;
        var resting = lending.Resting.Where(r => lending.IsResting(r.Key, facts.At)).ToArray();
        var used = lending.Holders.Select(h => new AddressEntry(
            h.Key, "used", h.Value, facts.State.Ports.GetValueOrDefault(h.Value)?.Request?.Pod,
            times.GetValueOrDefault(h.Value)?.AddressSince.TryGetValue(h.Key, out var at) == true ? at : null));
        var entries = used.Concat(resting.Select(r => new AddressEntry(r.Key, "resting", null, null, r.Value)));
        var inBlock = lending.Holders.Keys.Concat(resting.Select(r => r.Key)).Count(a => pool.Cidr?.Contains(a) == true);
        return new PoolEntry(id, pool.Cidr, lending.Holders.Count, Free(pool, inBlock), resting.Length,
            [.. entries.OrderBy(e => e.Address)]);
    }

    private static long Free(AddressPool.State pool, int taken)
    {
        if (pool.Cidr is not { } cidr)
            return 0;
        var unusable = AddressPool.Unusable(pool) + (UInt128)taken;
        return cidr.Size <= unusable ? 0 : (long)UInt128.Min(long.MaxValue, cidr.Size - unusable);
    }

    private static FlowEntry Flow(NodeState state, PlannedFlow planned, PersistenceId? owner)
    {
        var flow = planned.Flow;
        // The text ends in "MATCH actions=ACTIONS"; a match holds no blank, and the priority stands in front of it.
        var text = planned.Text.Text;
        var split = text.IndexOf("actions=", StringComparison.Ordinal);
        var head = text[..split].TrimEnd();
        var match = head[(head.LastIndexOf(' ') + 1)..];
        return new FlowEntry(flow.Table, flow.Priority, string.Create(CultureInfo.InvariantCulture, $"0x{flow.Cookie:x}"),
            MatchOnly(match), text[(split + "actions=".Length)..], owner, Cause(state, owner));
    }

    private static string MatchOnly(string match) => string.Join(',', match.Split(',').Where(p =>
        p.Length > 0 && !p.StartsWith("priority=", StringComparison.Ordinal)
        && !p.StartsWith("cookie=", StringComparison.Ordinal) && !p.StartsWith("table=", StringComparison.Ordinal)));

    private static string Cause(NodeState state, PersistenceId? owner) => owner switch
    {
        null => "not wanted any more",
        { Kind: "port" } id => state.Ports.GetValueOrDefault(AttachmentId.Parse(id.Key))?.Request?.Pod is { } pod
            ? $"pod {pod}" : $"attachment {id.Key}",
        { Kind: "tunnel" } id => $"peer {id.Key}",
        { Kind: "network" } id => $"network {id.Key}",
        { Kind: "bridge" } => "the bridge itself",
        { } id => id.Value,
    };

    private static DateTimeOffset? At(IReadOnlyDictionary<NodeName, DateTimeOffset> times, NodeName key) =>
        times.TryGetValue(key, out var at) ? at : null;

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
