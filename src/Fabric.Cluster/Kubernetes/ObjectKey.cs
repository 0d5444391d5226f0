namespace Fabric.Cluster.Kubernetes;

/// <summary>An object's name within its kind, in ordinal order of namespace and name.</summary>
/// <param name="Namespace">Null: the kind is cluster-scoped.</param>
public readonly record struct ObjectKey(string? Namespace, string Name) : IComparable<ObjectKey>
{
    public static ObjectKey Of(IApiObject o) => new(o.Metadata.Namespace, o.Metadata.Name ?? "");

    public int CompareTo(ObjectKey other)
    {
        var order = string.CompareOrdinal(Namespace, other.Namespace);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
