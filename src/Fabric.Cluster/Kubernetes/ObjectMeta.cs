using System.Collections.Immutable;

namespace Fabric.Cluster.Kubernetes;

/// <summary>What Fabric reads and keeps of an object's metadata (Kubernetes API conventions, "Metadata").</summary>
/// <remarks>
/// Everything here survives a read and a PUT of Fabric's own objects. Objects of others are only patched, so that what
/// is not here is not lost.
/// </remarks>
/// <param name="Namespace">Null: the kind is cluster-scoped.</param>
/// <param name="Uid">Given by the API server; another object of the same name has another one.</param>
/// <param name="ResourceVersion">
/// Changes with every write. In a PUT: the version that must still be there; in a creation: must be missing.
/// </param>
/// <param name="DeletionTimestamp">Set: the object is on its way out and waits for its finalizers.</param>
public sealed record ObjectMeta(
    string? Name = null,
    string? Namespace = null,
    string? Uid = null,
    string? ResourceVersion = null,
    long? Generation = null,
    DateTimeOffset? CreationTimestamp = null,
    DateTimeOffset? DeletionTimestamp = null,
    ImmutableSortedDictionary<string, string>? Labels = null,
    ImmutableSortedDictionary<string, string>? Annotations = null,
    ImmutableArray<OwnerReference>? OwnerReferences = null,
    ImmutableArray<string>? Finalizers = null);

/// <summary>An object that this one goes away with.</summary>
public sealed record OwnerReference(
    string ApiVersion, string Kind, string Name, string Uid, bool? Controller = null, bool? BlockOwnerDeletion = null);
