using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>A runtime's call that passed every check which needs nothing but the call itself.</summary>
/// <param name="Attachment">Set for ADD, DEL and CHECK.</param>
/// <param name="NetNsPath"><c>CNI_NETNS</c> as given; empty where it is missing.</param>
/// <param name="NetNs">Whether the namespace's descriptor came along.</param>
/// <param name="ValidAttachments">Set for GC: what the runtime still knows. Empty means that nothing of this network is
/// left.</param>
/// <param name="CniPath"><c>CNI_PATH</c>, for messages.</param>
public sealed record CniRequest(
    CniCommand Command,
    AttachmentId? Attachment,
    string NetNsPath,
    CniNetNs NetNs,
    CniArgs Args,
    CniConfiguration Configuration,
    ImmutableArray<AttachmentId> ValidAttachments,
    string CniPath,
    CorrelationId Correlation)
{
    /// <summary>Judges a call: environment (4), decoding (6), version (1), configuration (7), in this order.</summary>
    public static CniParse Parse(CniRequestFrame frame, CorrelationId correlation)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return new CniRequestParser(frame, correlation).Parse();
    }
}
