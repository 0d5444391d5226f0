using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What follows from the options and this machine alone, before the cluster has said anything.</summary>
public sealed record NodeParameters(
    NodeOptions Options, string NodeUid, ImmutableArray<IpAddress> Vteps, int MtuBytes, string BootId, string Version)
{
    /// <summary>Raised whenever the flows of the same state change, so that the journal says which code programmed them.</summary>
    public const int PipelineVersion = 1;

    /// <summary>The default network's zone on this node; 0 is the host's own (ct zones are node-local).</summary>
    public const int DefaultZone = 0xFAB;

    public static InterfaceName Gateway { get; } = new("fabric-gw");

    public static InterfaceName TunnelPort { get; } = new("fabric-tunnel");

    /// <summary>After so many events an entity's stream in the node's journal gets a snapshot.</summary>
    public int SnapshotEvery { get; init; } = HostOptions.DefaultSnapshotEvery;

    /// <summary>How this version treats the cluster's streams.</summary>
    public StreamRules Streams { get; init; } = StreamRules.Default;

    /// <summary>The default network: one for each cluster.</summary>
    public string Network => Options.ClusterName;

    /// <summary>The bridge that a pod CIDR asks for.</summary>
    /// <param name="clusterCidrs">All pods' addresses, as the cluster has them.</param>
    public BridgeEvent.BridgeConfigured BridgeFor(ImmutableArray<Cidr> podCidrs, ImmutableArray<Cidr> clusterCidrs) => new(
        Options.Bridge.Value,
        Options.DatapathType,
        PipelineVersion,
        Gateway,
        GatewayMac,
        new OfPort(2),
        TunnelPort,
        new OfPort(1),
        Options.Overlay,
        Options.OverlayPort,
        Options.Vni,
        MtuBytes,
        DefaultZone,
        clusterCidrs,
        podCidrs,
        Vteps);

    /// <summary>From the node's uid, so it is the same after every restart.</summary>
    public MacAddress GatewayMac => MacAddress.LocallyAdministered(
        BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"gateway of {NodeUid}"))) & 0xFFFF_FFFF_FFFFUL);

    /// <summary>The pools that a pod on the default network gets its addresses from.</summary>
    public ImmutableArray<PersistenceId> PoolsFor(ImmutableArray<Cidr> podCidrs) =>
        [.. podCidrs.OrderBy(c => c.IsV6).Select(c => AddressPool.Id(Network, c.IsV6))];
}
