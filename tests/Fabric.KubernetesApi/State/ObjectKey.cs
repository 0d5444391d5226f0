namespace Fabric.KubernetesApi;

/// <summary>Where an object is among those of its kind; sorted as etcd sorts kube-apiserver's keys, which is the order of lists.</summary>
public sealed class ObjectKey(string? ns, string name) : IComparable<ObjectKey>
{
    /// <summary>Empty: the kind is cluster-scoped.</summary>
    public string Namespace { get; } = ns ?? "";

    public string Name { get; } = name;

    /// <summary><c>namespace/name</c>, or the name alone.</summary>
    public string Path { get; } = string.IsNullOrEmpty(ns) ? name : $"{ns}/{name}";

    public int CompareTo(ObjectKey? other) => string.CompareOrdinal(Path, other?.Path);

    public override string ToString() => Path;
}
