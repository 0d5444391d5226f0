using Fabric.Messages;

namespace Fabric.Node.Cni;

public sealed partial class CniService
{
    /// <summary>Where pods' annotations are read; null where there is no Kubernetes API.</summary>
    public IPodAnnotations? Annotations { get; set; }

    /// <summary>The request with what its pod's annotations say; without waiting unless the pod is not known yet.</summary>
    private async ValueTask<(CniRequest? Request, CniError? Error)> AnnotateAsync(CniRequest request, CancellationToken cancellationToken)
    {
        if (Annotations is null || request.Args.Pod is not { } pod || request.Attachment!.Value.IfName.Value != PodAnnotations.Interface)
            return (request, null);
        var (configuration, error) = AnnotatedConfiguration.Of(
            request.Configuration, await Annotations.ReadAsync(pod, cancellationToken), pod, request.Correlation);
        if (configuration is null || ReferenceEquals(configuration, request.Configuration))
            return (configuration is null ? null : request, error);
        // A repeated ADD whose pod nobody can be asked about is taken by its word: it was attached as its annotations said then.
        if (configuration.Annotations == AnnotationUse.Unread
            && fold.State.Ports.GetValueOrDefault(request.Attachment!.Value)?.Request is { } before
            && ConfigurationDigest.IsWithAnnotations(before.ConfigurationDigest, configuration.Digest))
            configuration = configuration with { Digest = before.ConfigurationDigest, Annotations = AnnotationUse.None };
        return (request with { Configuration = configuration }, null);
    }

    /// <summary>An annotation that names an address of a family in which the pod gets none would be forgotten without a word.</summary>
    private static CniError? MissingFamily(PortEvent.AttachmentRequested wanted, CniRequest request)
    {
        if (!request.Configuration.Annotations.HasFlag(AnnotationUse.Addresses))
            return null;
        foreach (var address in wanted.RequestedAddresses)
        {
            if (!wanted.Pools.Any(p => Port.IsPoolOf(p, address)))
            {
                return CniErrors.InvalidConfiguration($"annotation {PodAnnotations.AddressesKey} of pod {request.Args.Pod}", $"\"{address}\"",
                    $"without it: the pod's network has no {(address.IsV6 ? "IPv6" : "IPv4")} addresses", request.Correlation);
            }
        }
        return null;
    }
}
