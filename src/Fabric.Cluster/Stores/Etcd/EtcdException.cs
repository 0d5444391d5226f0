namespace Fabric.Cluster;

/// <summary>One call to etcd failed. The message names the endpoint, and what to do if that is known.</summary>
/// <param name="code">gRPC's status code (google/rpc/code.proto) as the gateway passes it on; 0 if etcd did not answer.</param>
/// <param name="isSurelyUndone">The request has not been carried out and never will be.</param>
internal sealed class EtcdException(EtcdEndpoint endpoint, string message, int code, bool isSurelyUndone, Exception? inner = null)
    : Exception($"etcd {endpoint}: {message}", inner)
{
    public const int InvalidArgument = 3;
    public const int DeadlineExceeded = 4;
    public const int ResourceExhausted = 8;
    public const int FailedPrecondition = 9;
    public const int OutOfRange = 11;
    public const int Unavailable = 14;
    public const int Unauthenticated = 16;

    public EtcdEndpoint Endpoint { get; } = endpoint;

    /// <summary>The message without the endpoint.</summary>
    public string Detail { get; } = message;

    public int Code { get; } = code;

    public bool IsSurelyUndone { get; } = isSurelyUndone;

    /// <summary>Another member would answer the same.</summary>
    public bool IsRefusal => Code is not (0 or 1 or 2 or DeadlineExceeded or 13 or Unavailable);

    /// <summary>What etcd answers to a token that it does not know (any more), that is older than its users, or missing.</summary>
    public bool IsStaleToken => Code == Unauthenticated
        || Message.Contains("revision of auth store is old", StringComparison.Ordinal)
        || Message.Contains("user name is empty", StringComparison.Ordinal);

    /// <summary>The same failure with those that led to it.</summary>
    public EtcdException After(IReadOnlyCollection<EtcdException> earlier) => earlier.Count == 0
        ? this
        : new EtcdException(Endpoint, $"{Detail}; before that {string.Join("; ", earlier.Select(e => e.Message).Distinct())}", Code,
            IsSurelyUndone, this);
}
