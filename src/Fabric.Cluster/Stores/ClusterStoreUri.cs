using System.Diagnostics.CodeAnalysis;

namespace Fabric.Cluster;

/// <summary>Where the cluster's store is, as <c>--cluster-store</c> names it: <c>sqlite:PATH</c>.</summary>
public sealed record ClusterStoreUri
{
    private const string SqliteScheme = "sqlite";

    private ClusterStoreUri(string path) => Path = path;

    /// <summary>The file's absolute path.</summary>
    public string Path { get; }

    /// <exception cref="FormatException">
    /// It is none; the message says what is wrong and what would be right.
    /// </exception>
    public static ClusterStoreUri Parse(string text) =>
        TryParse(text, out var uri, out var fault) ? uri : throw new FormatException(fault);

    public static bool TryParse(string text, [NotNullWhen(true)] out ClusterStoreUri? uri, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        uri = null;
        fault = Fault(text);
        if (fault is null)
            uri = new ClusterStoreUri(text[(SqliteScheme.Length + 1)..]);
        return uri is not null;
    }

    public SqliteClusterStore Open(TimeProvider time, Actors.EventLoop? loop = null) => SqliteClusterStore.Open(Path, time, loop);

    public override string ToString() => $"{SqliteScheme}:{Path}";

    private static string? Fault(string text)
    {
        var colon = text.IndexOf(':');
        if (colon <= 0)
            return $"cluster store '{text}' has no scheme: write sqlite:PATH";
        var (scheme, rest) = (text[..colon], text[(colon + 1)..]);
        if (scheme is "etcd" or "kubernetes" or "http" or "https")
            return $"cluster store '{text}': this version has no {scheme} store; it knows sqlite:PATH";
        if (scheme != SqliteScheme)
            return $"cluster store '{text}': scheme '{scheme}' is not known; write sqlite:PATH";
        if (rest.Length == 0)
            return $"cluster store '{text}' names no file: write sqlite:PATH";
        if (!rest.StartsWith('/'))
            return $"cluster store '{text}': the path must be absolute, as in sqlite:/var/lib/fabric/cluster.db";
        return rest.StartsWith("//", StringComparison.Ordinal)
            ? $"cluster store '{text}': write the path right after the colon, as in sqlite:/{rest.TrimStart('/')}"
            : rest.EndsWith('/') ? $"cluster store '{text}' names a directory, not a file" : null;
    }
}
