using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>A CNI error as a value: what the runtime's log will show. Made only by <see cref="CniErrors"/>.</summary>
/// <param name="Code">One of the codes of docs/cni.md.</param>
/// <param name="Message">What failed, with which value, and what to do.</param>
/// <param name="Details">The correlation id, by which <c>fabric events</c> finds everything behind it, and further
/// facts.</param>
public sealed record CniError(CniErrorCode Code, string Message, string Details)
{
    /// <summary>The error object of CNI SPEC 1.1, section 5, in one line.</summary>
    public byte[] ToJson(string? cniVersion) => CniErrorJson.Write(cniVersion, Code, Message, Details);
}
