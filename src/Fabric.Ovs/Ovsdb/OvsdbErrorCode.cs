namespace Fabric.Ovs.Ovsdb;

/// <summary>Why an OVSDB request failed: the strings of RFC 7047 sections 3.1 and 5.2, then the client's own.</summary>
public enum OvsdbErrorCode
{
    /// <summary>A string this client does not know; see <see cref="OvsdbException.Error"/>.</summary>
    Unknown,

    /// <summary>"resources exhausted"</summary>
    ResourcesExhausted,

    /// <summary>"I/O error"</summary>
    IOError,

    /// <summary>"referential integrity violation": a row that does not exist is referred to.</summary>
    ReferentialIntegrityViolation,

    /// <summary>"constraint violation": for example a name that is taken.</summary>
    ConstraintViolation,

    /// <summary>"timed out": a wait was not met in its time.</summary>
    TimedOut,

    /// <summary>"aborted"</summary>
    Aborted,

    /// <summary>"not owner": the lock asserted is not held.</summary>
    NotOwner,

    /// <summary>"not supported"</summary>
    NotSupported,

    /// <summary>"not allowed", "permission error": the server is read-only, or access control forbids it.</summary>
    NotAllowed,

    /// <summary>"domain error": for example a division by zero.</summary>
    DomainError,

    /// <summary>"range error": a result outside what the column may hold.</summary>
    RangeError,

    /// <summary>"duplicate uuid-name"</summary>
    DuplicateUuidName,

    /// <summary>"syntax error": the server does not understand the request.</summary>
    SyntaxError,

    /// <summary>"unknown database"</summary>
    UnknownDatabase,

    /// <summary>"unknown table"</summary>
    UnknownTable,

    /// <summary>"unknown column"</summary>
    UnknownColumn,

    /// <summary>"unknown method": the server is older than the request.</summary>
    UnknownMethod,

    /// <summary>"canceled": the request was cancelled.</summary>
    Canceled,

    /// <summary>"cluster error" and "not leader": the database cannot commit now.</summary>
    ClusterError,

    /// <summary>"internal error" and "unknown error" of the server.</summary>
    InternalError,

    /// <summary>There is no connection, and the request was not sent.</summary>
    NotConnected,

    /// <summary>The connection ended after the request was sent; whether it was done is unknown.</summary>
    ConnectionLost,

    /// <summary>The server did not answer in time; whether the request was or will be done is unknown.</summary>
    RequestTimedOut,

    /// <summary>The server sent something that is not RFC 7047.</summary>
    ProtocolViolation,

    /// <summary>The client was disposed.</summary>
    Disposed,

    /// <summary>ovs-vswitchd could not set up an Interface; Details is its <c>error</c> column.</summary>
    InterfaceFailed,
}
