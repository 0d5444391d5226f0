using Fabric.Cluster.Kubernetes;
using Fabric.Messages;
using Fabric.Node.Cni;

namespace Fabric.Node.Kubernetes;

/// <summary>
/// Reads pods' annotations for ADD: from the watch, else with one request. No API server that is away keeps a pod from being
/// attached; whose annotations were not honoured for that is told of later.
/// </summary>
/// <remarks>Lives on the event loop.</remarks>
/// <param name="ignored">Told of a pod that is attached, and not as its annotations say.</param>
public sealed class PodAnnotationReader(
    IKubernetesApi api, IKnownPods pods, Action<PodRef, string> ignored, TimeProvider time, AgentLog log) : IPodAnnotations
{
    /// <summary>An ADD waits for so long where the watch does not know the pod.</summary>
    public static TimeSpan AskWithin { get; } = TimeSpan.FromSeconds(1);

    /// <summary>So many pods that were attached unread are remembered; the oldest are forgotten first.</summary>
    private const int MostUnread = 256;

    private readonly OrderedDictionary<(string, string), (PodRef Pod, CniConfiguration Configuration)> _unread = [];
    private string? _fault;

    /// <summary>Begins to listen to the watch.</summary>
    public void Start() => pods.Changed += Heard;

    public ValueTask<PodAnnotations> ReadAsync(PodRef pod, CancellationToken cancellationToken) =>
        pods.Find(pod.Namespace, pod.Name) is { } known && known.IsFor(pod)
            ? new ValueTask<PodAnnotations>(known.Annotations)
            : new ValueTask<PodAnnotations>(AskAsync(pod, cancellationToken));

    public void AttachedUnread(PodRef pod, CniConfiguration configuration)
    {
        _unread.Remove((pod.Namespace, pod.Name));
        if (_unread.Count == MostUnread)
            _unread.RemoveAt(0);
        _unread.Add((pod.Namespace, pod.Name), (pod, configuration));
        // It may have come while the pod was being attached.
        if (pods.Find(pod.Namespace, pod.Name) is { } known)
            Heard(known);
    }

    private async Task<PodAnnotations> AskAsync(PodRef pod, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(AskWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var found = PodNote.Of(await api.GetAsync(PodObject.Resource, pod.Namespace, pod.Name, either.Token));
            _fault = null;
            // Another uid: the pod of this ADD is gone, and its successor's wishes are not for it.
            return found.IsFor(pod) ? found.Annotations : PodAnnotations.None;
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
        {
            _fault = null;
            return PodAnnotations.None;
        }
        catch (KubernetesException e)
        {
            return Unread(pod, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unread(pod, $"no answer within {AskWithin.TotalSeconds:0} s");
        }
    }

    private PodAnnotations Unread(PodRef pod, string reason)
    {
        if (_fault is null)
            log.Warn($"pod {pod} is attached without its annotations, and so are others until the Kubernetes API answers: {reason}");
        _fault = reason;
        return PodAnnotations.Unread;
    }

    private void Heard(PodNote note)
    {
        var key = (note.Namespace, note.Name);
        if (_unread.Count == 0 || !_unread.TryGetValue(key, out var attached))
            return;
        _unread.Remove(key);
        if (!note.IsFor(attached.Pod))
            return;
        // The plain configuration, as it would have been completed then.
        var plain = attached.Configuration with { Annotations = AnnotationUse.None };
        var (wanted, error) = AnnotatedConfiguration.Of(plain, note.Annotations, attached.Pod, CorrelationId.None);
        if (error is not null || wanted!.Annotations != AnnotationUse.None)
        {
            ignored(attached.Pod, "the Kubernetes API did not answer when this pod was attached, so its annotations fabric.cni.dev/… "
                + $"had no effect{(error is null ? "" : $" (and {error.Message})")}; delete the pod to attach it as they say");
        }
    }
}
