using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;
using Fabric.Node;
using Microsoft.Extensions.Logging;

namespace Fabric.Simulation;

/// <summary>What sets one machine apart from the others.</summary>
internal sealed record MachineSpec
{
    public string Name { get; init; } = "node-a";

    public string Vtep { get; init; } = "172.30.0.1";

    /// <summary>The machine's blocks where there is no cluster to assign them.</summary>
    public ImmutableArray<Cidr> PodCidrs { get; init; } = [];

    /// <summary>The cluster store as a process of this machine reaches it; null for a machine that is alone.</summary>
    public Func<SimulatedProcess, IClusterStore>? Store { get; init; }

    /// <summary>The Kubernetes API as a process of this machine reaches it; null outside Kubernetes.</summary>
    public Func<SimulatedProcess, IKubernetesPart>? Kubernetes { get; init; }

    /// <summary>How much faster than the world's its clocks go; 0.001 gains a millisecond each second.</summary>
    public double Drift { get; init; }

    public int SnapshotEvery { get; init; } = HostOptions.DefaultSnapshotEvery;

    public NodeOptions Options { get; init; } = new()
    {
        NodeName = new NodeName("node-a"),
        StateDir = "/state",
        ClusterStore = new ClusterStoreUri.Sqlite("/cluster.db"),
        ClusterName = "fabric",
        ClusterCidrs = [Cidr.Parse("10.244.0.0/16"), Cidr.Parse("2001:db8::/48")],
        NodePrefixLength = 29,
        NodePrefixLengthV6 = 64,
        UnderlayAddresses = [],
        Overlay = OverlayKind.Vxlan,
        OverlayPort = 4789,
        ServiceCidrs = [],
        NoMasqueradeCidrs = [],
        Vni = new Vni(7000),
        MtuBytes = 1450,
        Bridge = new InterfaceName("br-fabric"),
        OvsDb = "unix:/db.sock",
        OvsRunDir = "/run",
        DatapathType = "system",
        CniSocket = "/cni.sock",
        AdminSocket = "/admin.sock",
        MetricsAddress = null,
        HealthAddress = null,
        LeaseDuration = TimeSpan.FromSeconds(10),
        RemovalAfter = null,
        Quarantine = TimeSpan.FromMinutes(10),
        UsesBfd = true,
        RepairsDrift = true,
        Kubernetes = null,
        PodCidrSource = PodCidr.SourceFabric,
        StartupTaint = null,
        BridgeResources = null, Installation = null,
        LogLevel = LogLevel.Information,
    };
}
