namespace Fabric.Messages;

/// <summary>The Kubernetes object behind an event, at the version that was read.</summary>
public sealed record ObjectRef(string Kind, string Namespace, string Name, string Uid, string ResourceVersion)
{
    public override string ToString() => Namespace.Length > 0 ? $"{Kind} {Namespace}/{Name}" : $"{Kind} {Name}";
}
