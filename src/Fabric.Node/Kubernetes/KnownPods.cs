using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>The pods of this node, from one watch of them alone.</summary>
public sealed class KnownPods : IKnownPods
{
    private readonly Informer<PodObject, PodNote> _pods;

    public KnownPods(IKubernetesApi api, NodeName node, TimeProvider time, AgentLog log) =>
        _pods = new Informer<PodObject, PodNote>(api, PodObject.Resource, IKnownPods.Query(node.Value), Note, time, log.Warn);

    public Action<PodNote>? Changed { get; set; }

    public PodNote? Find(string ns, string name) => _pods.Objects.GetValueOrDefault(new ObjectKey(ns, name));

    public Task RunAsync(CancellationToken cancellationToken) => _pods.RunAsync(cancellationToken);

    private PodNote Note(PodObject pod)
    {
        var note = PodNote.Of(pod);
        Changed?.Invoke(note);
        return note;
    }
}
