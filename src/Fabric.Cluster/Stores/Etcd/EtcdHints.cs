namespace Fabric.Cluster;

/// <summary>Adds to what etcd says what an operator can do about it.</summary>
internal static class EtcdHints
{
    private static readonly (string Says, string Hint)[] Known =
    [
        ("user name is empty", "it asks who is there: add user=NAME&password-file=PATH to --cluster-store"),
        ("invalid user ID or password", "user or password of --cluster-store is wrong"),
        ("permission denied", "the user of --cluster-store needs a role with readwrite on the whole prefix"),
        ("database space exceeded", "compact and defragment it, then disarm the alarm (etcdctl alarm disarm)"),
        ("request is too large", "raise its --max-request-bytes to the default of 1.5 MiB at least"),
        ("no leader", "this member is cut off from most of the others"),
    ];

    /// <summary>For an error of etcd's own.</summary>
    public static string For(string message)
    {
        foreach (var (says, hint) in Known)
        {
            if (message.Contains(says, StringComparison.Ordinal))
                return $"{message}; {hint}";
        }
        return message;
    }

    /// <summary>For an answer that is none of etcd's.</summary>
    public static string For(int status, string text)
    {
        var first = text.Length <= 200 ? text : text[..200];
        if (first.Contains("HTTP request to an HTTPS server", StringComparison.Ordinal))
            return "it speaks TLS: add ca=PATH to --cluster-store";
        return status == 404
            ? "it serves no /v3 over JSON: is that etcd 3.4 or later, with --enable-grpc-gateway on?"
            : $"HTTP status {status}: {first}";
    }
}
