using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Messages.Tests;

/// <summary>The events that the stored fixtures hold, by fixture name: manifest with '-' for '/', then perhaps a variant.</summary>
internal static class NodeEventSamples
{
    private static readonly AttachmentId s_attachment = new(new ContainerId("c0ffee"), new InterfaceName("eth0"));
    private static readonly DateTimeOffset s_at = new(2026, 3, 1, 2, 58, 0, 125, TimeSpan.Zero);
    private static readonly NodeName s_node = new("node-a");
    private static readonly PersistenceId s_pool = new("pool", "fabric-v4");
    private static readonly PersistenceId s_bridge = new("bridge", "br-fabric");

    public static ImmutableSortedDictionary<string, IEvent> All { get; } = new Dictionary<string, IEvent>
    {
        ["attachment-requested-1"] = Requested(),
        ["attachment-requested-1.delegated"] = Requested() with
        {
            Pod = null, Pools = [], RequestedAddresses = [], IpamPlugin = "host-local",
            DelegatedAddresses = [AddressPrefix.Parse("192.0.2.7/24")],
            Routes = [new PodRoute(Cidr.Parse("0.0.0.0/0"), null), new PodRoute(Cidr.Parse("198.51.100.0/24"), IpAddress.Parse("192.0.2.1"))],
        },
        ["attachment-requested-1.virtual"] = Requested() with
        {
            Virtual = new VirtualAttachment(new NetworkName("blue"), [IpAddress.Parse("10.9.0.200")]),
        },
        ["address-assigned-1"] =
            new PortEvent.AddressAssigned(s_pool, AddressPrefix.Parse("10.244.3.7/24"), IpAddress.Parse("10.244.3.1")),
        ["ofport-assigned-1"] = new PortEvent.OfPortAssigned(new OfPort(64)),
        ["attachment-ready-1"] = new PortEvent.AttachmentReady(3, 17, MacAddress.Parse("0a:58:0a:f4:03:f7"), 2,
            MacAddress.Parse("0a:58:0a:f4:03:07"), new OfPort(64), "0f6c4b1e-52a1-4f6e-9d06-1b7f5a4c9a10"),
        ["attachment-failed-1"] = new PortEvent.AttachmentFailed(4, "plumbing", "timeout", "not finished within 30 s"),
        ["attachment-orphaned-1"] = new PortEvent.AttachmentOrphaned("neither veth nor namespace exists"),
        ["detach-requested-1"] = new PortEvent.DetachRequested(5, "DEL"),
        ["port-unplumbed-1"] = new PortEvent.PortUnplumbed(5),
        ["detach-delayed-1"] = new PortEvent.DetachDelayed(6, "removal", "ovsdb: connection refused"),
        ["detach-retried-1"] = new PortEvent.DetachRetried(7, "the agent was restarted meanwhile"),
        ["holding-released-1"] = new PortEvent.HoldingReleased(s_pool),
        ["detached-1"] = new PortEvent.Detached(7),
        ["pool-closed-1"] = new PoolEvent.PoolClosed(Cidr.Parse("10.244.3.0/24"), "drained"),
        ["pool-opened-1"] = new PoolEvent.PoolOpened(Cidr.Parse("10.244.3.0/24"), 3),
        ["address-allocated-1"] = new PoolEvent.AddressAllocated(s_attachment, IpAddress.Parse("10.244.3.7"), EndedRest: false),
        ["address-released-1"] = new PoolEvent.AddressReleased(s_attachment, IpAddress.Parse("10.244.3.7"), s_at),
        ["bridge-configured-1"] = new BridgeEvent.BridgeConfigured("br-fabric", "netdev", 1, new InterfaceName("fabric-gw0"),
            MacAddress.Parse("0a:58:0a:f4:03:01"), new OfPort(2), new InterfaceName("fabric-tun0"), new OfPort(1), OverlayKind.Geneve,
            6081, new Vni(1), 1450, 65000, [Cidr.Parse("10.244.0.0/16")], [Cidr.Parse("10.244.3.0/24")], [IpAddress.Parse("192.0.2.10")]),
        ["ofport-taken-1"] = new BridgeEvent.OfPortTaken(s_attachment, new OfPort(64), EndedRest: true),
        ["ofport-freed-1"] = new BridgeEvent.OfPortFreed(s_attachment, new OfPort(64), s_at),
        ["tunnel-opened-1"] = new TunnelEvent.TunnelOpened(new NodeName("node-b"), "3f2a",
            [IpAddress.Parse("192.0.2.20"), IpAddress.Parse("2001:db8::20")],
            [Cidr.Parse("10.244.4.0/24"), Cidr.Parse("2001:db8:4::/64")]),
        ["tunnel-closed-1"] = new TunnelEvent.TunnelClosed(new NodeName("node-b"), "removed from the mesh"),
        ["tunnel-opened-1.network"] = new TunnelEvent.TunnelOpened(new NodeName("node-b"), "3f2a",
            [IpAddress.Parse("192.0.2.20"), IpAddress.Parse("2001:db8::20")],
            [Cidr.Parse("10.244.4.0/24"), Cidr.Parse("2001:db8:4::/64")], new NetworkName("blue")),
        ["tunnel-closed-1.network"] = new TunnelEvent.TunnelClosed(new NodeName("node-b"), "removed from the mesh", new NetworkName("blue")),
        ["pool-opened-1.network"] = new PoolEvent.PoolOpened(Cidr.Parse("10.9.0.0/26"), 0, Subnet()),
        ["network-joined-1"] = new NetworkEvent.NetworkJoined(new NetworkName("blue"), new Vni(4096), 2, [Subnet()], [Cidr.Parse("10.9.0.0/26")]),
        ["network-left-1"] = new NetworkEvent.NetworkLeft(new NetworkName("blue"), "its last pod is gone"),
        ["flows-changed-1"] = new FlowEvent.FlowsChanged([11, 12], [13], "port/c0ffee/eth0#4", s_at, s_at.AddMilliseconds(2)),
        ["flows-reprogrammed-1"] = new FlowEvent.FlowsReprogrammed(812, "9c56", "Open vSwitch was restarted", s_at, s_at.AddSeconds(1)),
        ["peer-path-changed-1"] = new NodeEvent.PeerPathChanged(s_node, "down", "Control Detection Time Expired"),
        ["foreign-groups-found-1"] = new FlowEvent.ForeignGroupsFound(1, ["group_id=7,type=all,bucket=bucket_id:0,actions=output:1"], true),
        ["foreign-ports-found-1"] = new FlowEvent.ForeignPortsFound(["dummy0", "tap7"]),
        ["drift-found-1"] = new FlowEvent.DriftFound(1, ["table=0 priority=9 actions=drop"], 2, ["table=1 actions=resubmit(,2)"], true),
        ["history-gap-1"] = new FlowEvent.HistoryGap(s_at, s_at.AddMinutes(1), "database or disk is full", [11, 13]),
        ["agent-started-1"] = new NodeEvent.AgentStarted(s_node, "71c3", 4, "0.1.0", "b2d4", NewBoot: true),
        ["agent-stopped-1"] = new NodeEvent.AgentStopped("SIGTERM"),
        ["clock-stepped-1"] = new NodeEvent.ClockStepped(TimeSpan.FromSeconds(-3.5)),
        ["pod-cidrs-withdrawn-1"] = new NodeEvent.PodCidrsWithdrawn([Cidr.Parse("10.244.3.0/24")], "removed"),
        ["attachments-stranded-1"] = new NodeEvent.AttachmentsStranded(
            [AttachmentId.Parse("4f1d3f/eth0")], [Cidr.Parse("10.244.4.0/24")]),
        ["removed-from-cluster-1"] = new NodeEvent.RemovedFromCluster("by the operator", new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero)),
        ["rejoined-cluster-1"] = new NodeEvent.RejoinedCluster(8),
        ["drain-changed-1"] = new NodeEvent.DrainChanged(true),
        ["pod-cidrs-adopted-1"] = new NodeEvent.PodCidrsAdopted([Cidr.Parse("10.244.3.0/24"), Cidr.Parse("2001:db8:3::/64")]),
        ["switch-lost-1"] = new NodeEvent.SwitchLost("ovsdb: connection refused"),
        ["switch-recovered-1"] = new NodeEvent.SwitchRecovered(12, 812, TimeSpan.FromMilliseconds(1850)),
        ["journal-replaced-1"] = new NodeEvent.JournalReplaced("event 17 at ordering 203 is damaged", "journal.db.damaged-1"),
        ["journal-unwritable-1"] = new NodeEvent.JournalUnwritable("database or disk is full"),
        ["history-missing-1"] = new NodeEvent.HistoryMissing(s_at, s_at.AddMinutes(1), "database or disk is full"),
        ["cluster-event-observed-1"] = new ClusterEventObserved(new PersistenceId("mesh", "fabric"), 9, "vtep-left/1",
            Hlc.Parse("1772333880125.2"), JsonElement.Parse("""{"node":"node-b","nodeUid":"3f2a","reason":"removed"}"""),
            "node node-b left the mesh: removed"),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static NetworkSubnet Subnet() =>
        new(Cidr.Parse("10.9.0.0/24"), IpAddress.Parse("10.9.0.1"), [Cidr.Parse("10.9.0.250/32")], 26);

    private static PortEvent.AttachmentRequested Requested() => new(s_attachment, new NetworkName("fabric"), "sha256:77aa",
        new SandboxRef("/run/netns/a", 4, 4026532281), new InterfaceName("fab0123456789a"), MacAddress.Parse("0a:58:0a:f4:03:07"), 1450,
        new PodRef("default", "web-0", "5d1e"), s_bridge, [s_pool, new PersistenceId("pool", "fabric-v6")],
        [IpAddress.Parse("10.244.3.7")], null, [], [], 3, "b2d4");
}
