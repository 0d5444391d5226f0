using System.Collections.Immutable;
using System.Net;
using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;
using Fabric.Node.Install;
using Fabric.Node.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fabric.Node;

/// <summary>The agent's options, checked.</summary>
public sealed record NodeOptions
{
    public required NodeName NodeName { get; init; }

    public required string StateDir { get; init; }

    public required ClusterStoreUri ClusterStore { get; init; }

    public required string ClusterName { get; init; }

    public required ImmutableArray<Cidr> ClusterCidrs { get; init; }

    /// <summary><see cref="PodCidr.SourceFabric"/> or <see cref="PodCidr.SourceKubernetes"/>.</summary>
    public required string PodCidrSource { get; init; }

    public required int NodePrefixLength { get; init; }

    public required int NodePrefixLengthV6 { get; init; }

    /// <summary>Empty: found out at start.</summary>
    public required ImmutableArray<IpAddress> UnderlayAddresses { get; init; }

    public required OverlayKind Overlay { get; init; }

    /// <summary>0 for GRE, which has none.</summary>
    public required int OverlayPort { get; init; }

    public required ImmutableArray<Cidr> ServiceCidrs { get; init; }

    public required ImmutableArray<Cidr> NoMasqueradeCidrs { get; init; }

    /// <summary>Where the Kubernetes API is; null: this node is no Node.</summary>
    public required KubernetesPlace? Kubernetes { get; init; }

    /// <summary>The key of a taint; null: none is removed.</summary>
    public required string? StartupTaint { get; init; }

    /// <summary>What is written of bridges to the Node's resources; null: nothing.</summary>
    public required BridgeResources? BridgeResources { get; init; }

    public required Vni Vni { get; init; }

    /// <summary>Null: the underlay's less the encapsulation.</summary>
    public required int? MtuBytes { get; init; }

    public required InterfaceName Bridge { get; init; }

    public required string OvsDb { get; init; }

    public required string OvsRunDir { get; init; }

    public required string DatapathType { get; init; }

    public required string CniSocket { get; init; }

    public required string AdminSocket { get; init; }

    /// <summary>What is put on the host for the runtime; null: nothing.</summary>
    public required CniInstallation? Installation { get; init; }

    public required IPEndPoint? MetricsAddress { get; init; }

    public required IPEndPoint? HealthAddress { get; init; }

    public required TimeSpan LeaseDuration { get; init; }

    /// <summary>Null: silence alone removes nobody.</summary>
    public required TimeSpan? RemovalAfter { get; init; }

    public required TimeSpan Quarantine { get; init; }

    public required bool RepairsDrift { get; init; }

    /// <summary>Whether the paths to peers are watched by BFD.</summary>
    public required bool UsesBfd { get; init; }

    public required LogLevel LogLevel { get; init; }

    /// <summary>Bytes that the encapsulation adds to a pod's packet (docs/architecture.md, MTU).</summary>
    public int OverheadBytes => (UnderlayAddresses.Any(a => a.IsV6) ? 20 : 0) + Overlay switch
    {
        OverlayKind.Gre => 42,
        _ => 50,
    };
}
