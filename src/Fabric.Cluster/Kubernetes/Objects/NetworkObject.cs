using System.Collections.Immutable;

namespace Fabric.Cluster.Kubernetes;

/// <summary>A Network (fabric.cni.dev/v1alpha1): a virtual network that the cluster is to have.</summary>
public sealed record NetworkObject(ObjectMeta Metadata, NetworkSpec? Spec = null, NetworkStatus? Status = null) : IApiObject
{
    public static ResourceKind<NetworkObject> Resource { get; } =
        new("fabric.cni.dev", "v1alpha1", "Network", "networks", IsNamespaced: false, KubernetesJson.Default.NetworkObject);
}

/// <param name="Vni">Null: whichever comes next.</param>
/// <param name="Subnets">One or two, of different families.</param>
public sealed record NetworkSpec(long? Vni = null, ImmutableArray<NetworkSpecSubnet>? Subnets = null);

/// <param name="Gateway">Null: the first address.</param>
/// <param name="Excluded">Addresses and CIDRs that no pod gets.</param>
/// <param name="BlockPrefixLength">Of what a node takes at once, in bits; null: 26, or 120 for IPv6.</param>
public sealed record NetworkSpecSubnet(
    string? Cidr = null, string? Gateway = null, ImmutableArray<string>? Excluded = null, int? BlockPrefixLength = null);

/// <param name="ObservedGeneration">Of the spec that the rest is about.</param>
/// <param name="Vni">That network is this object's.</param>
/// <param name="Subnets">What the network has.</param>
/// <param name="Nodes">How many nodes have addresses of it.</param>
public sealed record NetworkStatus(
    long? ObservedGeneration = null,
    long? Vni = null,
    ImmutableArray<string>? Subnets = null,
    int? Nodes = null,
    ImmutableArray<ObjectCondition>? Conditions = null);
