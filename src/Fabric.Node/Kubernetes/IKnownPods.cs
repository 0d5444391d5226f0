using Fabric.Cluster.Kubernetes;

namespace Fabric.Node.Kubernetes;

/// <summary>The pods of this node as a watch has told of them. Used on the event loop.</summary>
public interface IKnownPods
{
    /// <summary>Null: not heard of, or gone.</summary>
    PodNote? Find(string ns, string name);

    /// <summary>Called on the loop with each pod that is new or has changed.</summary>
    Action<PodNote>? Changed { get; set; }

    /// <summary>The pods to watch: those that the scheduler, or a manifest, has put on this node.</summary>
    static ObjectQuery Query(string node) => new(FieldSelector: $"spec.nodeName={node}");
}
