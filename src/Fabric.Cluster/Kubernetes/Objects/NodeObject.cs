using System.Collections.Immutable;

namespace Fabric.Cluster.Kubernetes;

/// <summary>A Node (core/v1): only patched by Fabric, never replaced.</summary>
public sealed record NodeObject(ObjectMeta Metadata, NodeSpec? Spec = null, NodeStatus? Status = null) : IApiObject
{
    public static ResourceKind<NodeObject> Resource { get; } =
        new("", "v1", "Node", "nodes", IsNamespaced: false, KubernetesJson.Default.NodeObject);
}

/// <param name="PodCIDRs">At most one of each family, given by the cluster's allocator if it has one.</param>
public sealed record NodeSpec(ImmutableArray<string>? PodCIDRs = null, ImmutableArray<Taint>? Taints = null);

/// <param name="Effect">NoSchedule, PreferNoSchedule or NoExecute.</param>
public sealed record Taint(string Key, string? Value = null, string? Effect = null);

/// <param name="Capacity">Resource name → quantity as text.</param>
public sealed record NodeStatus(
    ImmutableArray<NodeAddress>? Addresses = null,
    ImmutableArray<ObjectCondition>? Conditions = null,
    ImmutableSortedDictionary<string, string>? Capacity = null);

/// <param name="Type">InternalIP, ExternalIP, Hostname, …</param>
public sealed record NodeAddress(string Type, string Address);
