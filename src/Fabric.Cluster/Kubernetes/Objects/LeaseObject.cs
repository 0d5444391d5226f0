using System.Text.Json.Serialization;

namespace Fabric.Cluster.Kubernetes;

/// <summary>A Lease (coordination.k8s.io/v1).</summary>
public sealed record LeaseObject(ObjectMeta Metadata, LeaseSpec? Spec = null) : IApiObject
{
    public static ResourceKind<LeaseObject> Resource { get; } =
        new("coordination.k8s.io", "v1", "Lease", "leases", IsNamespaced: true, KubernetesJson.Default.LeaseObject);
}

/// <param name="HolderIdentity">For people: who holds it.</param>
/// <param name="LeaseDurationSeconds">From 1 on.</param>
/// <param name="RenewTime">The holder's clock, for people: expiry is judged by the observer's own.</param>
public sealed record LeaseSpec(
    string? HolderIdentity = null,
    int? LeaseDurationSeconds = null,
    [property: JsonConverter(typeof(MicroTime))] DateTimeOffset? AcquireTime = null,
    [property: JsonConverter(typeof(MicroTime))] DateTimeOffset? RenewTime = null,
    int? LeaseTransitions = null);
