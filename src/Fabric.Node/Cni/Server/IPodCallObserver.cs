using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>Told of the ADDs and DELs of pods after each one's answer has been sent. Any thread; must not block or throw.</summary>
public interface IPodCallObserver
{
    void Answered(PodCall call);
}

/// <param name="Container">As the runtime gave it, not checked.</param>
/// <param name="Code">The CNI error code; 0 for success.</param>
public sealed record PodCall(bool IsAdd, PodRef Pod, string Container, int Code, string Message, CorrelationId Correlation);
