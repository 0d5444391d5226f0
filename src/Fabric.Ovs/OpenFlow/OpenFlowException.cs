namespace Fabric.Ovs.OpenFlow;

/// <summary>Thrown when the switch refuses a request, or the connection to it fails.</summary>
public sealed class OpenFlowException : Exception
{
    internal OpenFlowException(OpenFlowFailure failure, string operation, string reason, Exception? inner = null)
        : base($"{operation}: {reason}", inner)
    {
        Failure = failure;
        Operation = operation;
    }

    internal OpenFlowException(ushort type, ushort code, string operation, FlowMod? flowMod)
        : base($"{operation}: {ErrorNames.Find(type, code)}")
    {
        Failure = OpenFlowFailure.Refused;
        Operation = operation;
        ErrorType = type;
        ErrorCode = code;
        ErrorName = ErrorNames.Find(type, code);
        FlowMod = flowMod;
    }

    /// <summary>What went wrong, coarsely.</summary>
    public OpenFlowFailure Failure { get; }

    /// <summary>What was asked for; for a refused flow, its text.</summary>
    public string Operation { get; }

    /// <summary>Type of the switch's error message (OFPET_*), or 0.</summary>
    public ushort ErrorType { get; }

    /// <summary>Code of the switch's error message, or 0.</summary>
    public ushort ErrorCode { get; }

    /// <summary>Its name, such as OFPFMFC_TABLE_FULL, or empty.</summary>
    public string ErrorName { get; } = "";

    /// <summary>The change that was refused, when the error names one.</summary>
    public FlowMod? FlowMod { get; }

    /// <summary>
    /// Whether the same request may succeed later without a change: lost connections, deadlines, and refusals for
    /// want of room or because of another bundle. A refused flow is the same refusal next time.
    /// </summary>
    public bool IsTransient => Failure is OpenFlowFailure.Disconnected or OpenFlowFailure.Timeout
        || ErrorName is "OFPFMFC_TABLE_FULL" or "OFPBFC_TIMEOUT" or "OFPBFC_OUT_OF_BUNDLES"
            or "OFPBFC_BUNDLE_IN_PROGRESS" or "OFPBRC_MULTIPART_REQUEST_TIMEOUT" or "OFPBRC_MULTIPART_REPLY_TIMEOUT";

    internal static OpenFlowException Malformed(string what) => new(OpenFlowFailure.Protocol, "read", what);
}
