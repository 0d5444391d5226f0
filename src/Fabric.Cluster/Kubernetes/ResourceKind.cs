using System.Text.Json.Serialization.Metadata;

namespace Fabric.Cluster.Kubernetes;

/// <summary>Where a kind's objects are in the API, without their type.</summary>
/// <param name="Group">Empty: the core group.</param>
/// <param name="Plural">Lower case, as in the path.</param>
public abstract record ResourceKind(string Group, string Version, string Kind, string Plural, bool IsNamespaced)
{
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of a collection, or of one object in it, from the server's root.</summary>
    /// <param name="ns">Null: a cluster-scoped kind, or a namespaced kind's objects in all namespaces.</param>
    /// <exception cref="ArgumentException">A namespace for a kind that has none, or a name without its namespace.</exception>
    public string Path(string? ns, string? name = null, string? subresource = null)
    {
        if (IsNamespaced ? ns is null && name is not null : ns is not null)
            throw new ArgumentException($"{Plural} are {(IsNamespaced ? "namespaced" : "cluster-scoped")}: namespace '{ns}', name '{name}'", nameof(ns));
        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        var at = ns is null ? $"{root}/{Plural}" : $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}";
        return (name, subresource) switch
        {
            (null, _) => at,
            (_, null) => $"{at}/{Uri.EscapeDataString(name)}",
            _ => $"{at}/{Uri.EscapeDataString(name)}/{subresource}",
        };
    }

    public sealed override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>A kind, and how its objects are read and written.</summary>
public sealed record ResourceKind<T>(
    string Group, string Version, string Kind, string Plural, bool IsNamespaced, JsonTypeInfo<T> Json)
    : ResourceKind(Group, Version, Kind, Plural, IsNamespaced)
    where T : class, IApiObject;
