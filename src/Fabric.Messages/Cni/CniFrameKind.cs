namespace Fabric.Messages.Cni;

/// <summary>What a frame carries. The numbers are the wire format.</summary>
public enum CniFrameKind : ushort
{
    /// <summary>Binary to agent, first and once; the namespace's descriptor travels with its first byte.</summary>
    Request = 1,

    /// <summary>Agent to binary, last and once.</summary>
    Result = 2,

    /// <summary>Agent to binary: run a delegated plugin.</summary>
    Exec = 3,

    /// <summary>Binary to agent: what the delegated plugin did.</summary>
    ExecResult = 4,

    /// <summary>Agent to binary: the request's version is not mine; mine is in this header. The payload is
    /// empty.</summary>
    VersionMismatch = 255,
}
