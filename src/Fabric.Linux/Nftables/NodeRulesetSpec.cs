using System.Net;

namespace Fabric.Linux.Nftables;

/// <summary>What a node's static rules depend on.</summary>
public sealed record NodeRulesetSpec
{
    /// <summary>The table of family inet that holds all of it and nothing else.</summary>
    public string TableName { get; init; } = "fabric";

    /// <summary>The device between host and pods.</summary>
    public required string GatewayDevice { get; init; }

    /// <summary>The CIDRs of all pods of the cluster.</summary>
    public required IReadOnlyList<IPNetwork> ClusterCidrs { get; init; }

    /// <summary>Further destinations a pod reaches under its own address.</summary>
    public IReadOnlyList<IPNetwork> NoMasqueradeCidrs { get; init; } = [];

    /// <summary>The address by which pods know this node, IPv4; null: no IPv4 pods.</summary>
    public IPAddress? HostIdentityV4 { get; init; }

    /// <summary>The address by which pods know this node, IPv6; null: no IPv6 pods.</summary>
    public IPAddress? HostIdentityV6 { get; init; }

    /// <summary>The UDP port of the overlay, 1–65535; null: the overlay is GRE (protocol 47).</summary>
    public int? OverlayUdpPort { get; init; }

    /// <summary>The tunnel endpoints of every node, of both families.</summary>
    public IReadOnlyList<IPAddress> Vteps { get; init; } = [];
}
