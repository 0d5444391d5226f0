using System.Collections.Immutable;

namespace Fabric.Cluster.Kubernetes;

/// <summary>One page of a list (Kubernetes API concepts, "Retrieving large results sets in chunks").</summary>
/// <param name="ResourceVersion">The whole list's: a watch from it brings everything that came later.</param>
/// <param name="Continue">What asks for the next page; null: this is the last.</param>
public sealed record ObjectPage<T>(ImmutableArray<T> Items, string ResourceVersion, string? Continue);

/// <summary>Which objects to list or to watch.</summary>
/// <param name="Namespace">Null: all.</param>
/// <param name="LabelSelector">As in the API, for example <c>fabric.cni.dev/stream</c> or <c>a=b,c!=d</c>.</param>
/// <param name="FieldSelector">As in the API, for example <c>metadata.name=node-a</c>.</param>
public sealed record ObjectQuery(string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null)
{
    public static ObjectQuery All { get; } = new();
}
