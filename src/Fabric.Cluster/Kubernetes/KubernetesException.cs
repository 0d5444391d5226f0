namespace Fabric.Cluster.Kubernetes;

/// <summary>One request to the Kubernetes API failed. The message names the request, and what to do if that is known.</summary>
/// <param name="request">The verb and the resource, as in <c>GET nodes/a</c>.</param>
/// <param name="isSurelyUndone">The request has not been carried out and never will be.</param>
/// <param name="retryAfter">When the server asks to be asked again.</param>
public sealed class KubernetesException(
    string request, ApiFault fault, string message, bool isSurelyUndone, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception($"{request}: {message}", inner)
{
    public string Request { get; } = request;

    public ApiFault Fault { get; } = fault;

    public bool IsSurelyUndone { get; } = isSurelyUndone;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The same request may well succeed later, without anybody's doing.</summary>
    public bool IsTransient => Fault is ApiFault.Unreachable or ApiFault.Timeout or ApiFault.TooManyRequests or ApiFault.Unavailable
        or ApiFault.Internal;
}

/// <summary>
/// Why a request failed: <c>reason</c> of the API's Status (Kubernetes API conventions, "Response Status Kind"), or that
/// there was no answer.
/// </summary>
public enum ApiFault
{
    /// <summary>No answer, or a broken one.</summary>
    Unreachable,

    /// <summary>Timeout, ServerTimeout (504), or the client's own deadline.</summary>
    Timeout,

    /// <summary>429, also from priority and fairness or an eviction.</summary>
    TooManyRequests,

    /// <summary>ServiceUnavailable (503): the server starts, stops, or has no storage.</summary>
    Unavailable,

    /// <summary>InternalError (500).</summary>
    Internal,

    /// <summary>401: no valid credentials.</summary>
    Unauthorized,

    /// <summary>403: RBAC or admission declines.</summary>
    Forbidden,

    /// <summary>404: no such object, or no such kind: its CRD is not installed.</summary>
    NotFound,

    /// <summary>409 of a creation.</summary>
    AlreadyExists,

    /// <summary>409 of a change: it is not at the version (uid, owner) that the request says.</summary>
    Conflict,

    /// <summary>410: a watch's or a page's version is too old. List again.</summary>
    Expired,

    /// <summary>422: the object breaks its kind's rules.</summary>
    Invalid,

    /// <summary>413: larger than the server takes.</summary>
    TooLarge,

    /// <summary>400, 405, 406, 415 and what else says that the request itself is wrong.</summary>
    BadRequest,
}
