using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>Told of what an operator should see of CNI calls. Any thread; must not block or throw.</summary>
public interface ICniObserver
{
    void Answered(string command, AttachmentId? attachment, CorrelationId correlation, int code, string message, TimeSpan elapsed);

    void PeerRefused(string reason);

    void PeerBroke(string reason);

    void Failed(CorrelationId correlation, Exception failure);
}
