namespace Fabric.Messages;

/// <summary>The Kubernetes pod behind an attachment, as CNI_ARGS names it.</summary>
public sealed record PodRef(string Namespace, string Name, string Uid)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
