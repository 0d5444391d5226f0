namespace Fabric.Ovs.Ovsdb;

/// <summary>Thrown when the OVSDB server refused a request, or could not be reached, or did not answer.</summary>
public sealed class OvsdbException : Exception
{
    internal OvsdbException(
        OvsdbErrorCode code,
        string operation,
        string details,
        string? error = null,
        int? operationIndex = null,
        Exception? inner = null)
        : base($"{operation}: {error ?? code.ToString()}{(details.Length > 0 ? ": " + details : "")}", inner)
    {
        Code = code;
        Operation = operation;
        Details = details;
        Error = error ?? code.ToString();
        OperationIndex = operationIndex;
    }

    /// <summary>Why it failed.</summary>
    public OvsdbErrorCode Code { get; }

    /// <summary>The error as the server named it, or the name of <see cref="Code"/> when it is the client's.</summary>
    public string Error { get; }

    /// <summary>What the server says beside the error; may be empty.</summary>
    public string Details { get; }

    /// <summary>The request, or the JSON of the operation of a transaction, that failed.</summary>
    public string Operation { get; }

    /// <summary>
    /// The position of the failed operation in its transaction; the number of operations when each succeeded and only
    /// the commit failed; null when no single operation is to blame.
    /// </summary>
    public int? OperationIndex { get; }

    /// <summary>True when the same request may succeed later without anything being changed.</summary>
    public bool IsTransient => Code is OvsdbErrorCode.ResourcesExhausted or OvsdbErrorCode.IOError
        or OvsdbErrorCode.TimedOut or OvsdbErrorCode.NotOwner or OvsdbErrorCode.ClusterError
        or OvsdbErrorCode.NotConnected or OvsdbErrorCode.ConnectionLost or OvsdbErrorCode.RequestTimedOut;

    /// <summary>
    /// True when the transaction may have been committed although it failed here. Look at the database before repeating
    /// it.
    /// </summary>
    public bool IsOutcomeUnknown => Code is OvsdbErrorCode.ConnectionLost or OvsdbErrorCode.RequestTimedOut
        or OvsdbErrorCode.ProtocolViolation or OvsdbErrorCode.Disposed;

    internal static OvsdbException FromServer(string error, string details, string operation, int? index = null) =>
        new(CodeOf(error), operation, details, error, index);

    private static OvsdbErrorCode CodeOf(string error) => error switch
    {
        "resources exhausted" => OvsdbErrorCode.ResourcesExhausted,
        "I/O error" => OvsdbErrorCode.IOError,
        "referential integrity violation" => OvsdbErrorCode.ReferentialIntegrityViolation,
        "constraint violation" => OvsdbErrorCode.ConstraintViolation,
        "timed out" => OvsdbErrorCode.TimedOut,
        "aborted" => OvsdbErrorCode.Aborted,
        "not owner" => OvsdbErrorCode.NotOwner,
        "not supported" => OvsdbErrorCode.NotSupported,
        "not allowed" or "permission error" => OvsdbErrorCode.NotAllowed,
        "domain error" => OvsdbErrorCode.DomainError,
        "range error" => OvsdbErrorCode.RangeError,
        "duplicate uuid-name" => OvsdbErrorCode.DuplicateUuidName,
        "syntax error" => OvsdbErrorCode.SyntaxError,
        "unknown database" => OvsdbErrorCode.UnknownDatabase,
        "unknown table" => OvsdbErrorCode.UnknownTable,
        "unknown column" => OvsdbErrorCode.UnknownColumn,
        "unknown method" => OvsdbErrorCode.UnknownMethod,
        "canceled" => OvsdbErrorCode.Canceled,
        "cluster error" or "not leader" => OvsdbErrorCode.ClusterError,
        "internal error" or "unknown error" => OvsdbErrorCode.InternalError,
        _ => OvsdbErrorCode.Unknown,
    };
}
