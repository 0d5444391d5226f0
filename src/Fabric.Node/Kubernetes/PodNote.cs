using Fabric.Cluster.Kubernetes;
using Fabric.Messages;
using Fabric.Node.Cni;

namespace Fabric.Node.Kubernetes;

/// <summary>What is kept of a Pod: a node has hundreds, and most of each is of no use here.</summary>
/// <param name="MirrorOf">
/// Of the API's picture of a static pod: the uid that the kubelet knows the pod by, which is the one in CNI_ARGS.
/// </param>
public sealed record PodNote(string Namespace, string Name, string Uid, string? MirrorOf, PodAnnotations Annotations)
{
    private const string MirrorKey = "kubernetes.io/config.mirror";

    public static PodNote Of(PodObject pod)
    {
        var (metadata, annotations) = (pod.Metadata, pod.Metadata.Annotations);
        return new PodNote(metadata.Namespace ?? "", metadata.Name ?? "", metadata.Uid ?? "",
            annotations?.GetValueOrDefault(MirrorKey), PodAnnotations.Of(annotations));
    }

    /// <summary>Whether it is that very pod, and not an earlier or later one of its name. A runtime that gives no uid is believed.</summary>
    public bool IsFor(PodRef pod) => Namespace == pod.Namespace && Name == pod.Name
        && (pod.Uid.Length == 0 || pod.Uid == Uid || pod.Uid == MirrorOf);
}
