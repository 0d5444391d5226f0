using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>
/// Where the cluster's store is, as <c>--cluster-store</c> names it: <c>sqlite:PATH</c>, <c>etcd://HOST:PORT,…?…</c> or
/// <c>kubernetes:?…</c>.
/// </summary>
/// <remarks>As text it is fit for logs: a password in it is not shown.</remarks>
public abstract partial record ClusterStoreUri
{
    private const string Known = "sqlite:PATH, etcd://HOST:PORT[,HOST:PORT…] or kubernetes:[?namespace=NAME&kubeconfig=PATH&context=NAME]";

    private ClusterStoreUri()
    {
    }

    /// <exception cref="FormatException">
    /// It is none; the message says what is wrong and what would be right.
    /// </exception>
    public static ClusterStoreUri Parse(string text) =>
        TryParse(text, out var uri, out var fault) ? uri : throw new FormatException(fault);

    public static bool TryParse(string text, [NotNullWhen(true)] out ClusterStoreUri? uri, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        uri = null;
        var colon = text.IndexOf(':');
        var (scheme, rest) = colon <= 0 ? ("", text) : (text[..colon], text[(colon + 1)..]);
        switch (scheme)
        {
            case "sqlite":
                fault = Sqlite.Fault(rest);
                uri = fault is null ? new Sqlite(rest) : null;
                break;
            case "etcd":
                uri = EtcdUriParser.TryParse(rest, out var options, out fault) ? new Etcd(options) : null;
                break;
            case "kubernetes":
                uri = KubernetesUriParser.TryParse(rest, out var place, out fault) ? new Kubernetes(place) : null;
                break;
            case "":
                fault = $"it has no scheme: write {Known}";
                break;
            case "http" or "https":
                fault = $"this version has no {scheme} store; it knows {Known}";
                break;
            default:
                fault = $"scheme '{scheme}' is not known; write {Known}";
                break;
        }
        if (uri is null)
            fault = $"cluster store '{Password().Replace(text, "***")}': {fault}";
        return uri is not null;
    }

    /// <summary>Opens the store for the one cluster of that name.</summary>
    /// <param name="loop">Where its work is done; null: the store's own choice.</param>
    /// <exception cref="JournalException">It can't be opened.</exception>
    public abstract IClusterStore Open(string cluster, TimeProvider time, EventLoop? loop = null);

    // From the colon in user=NAME:PASSWORD to the next key.
    [GeneratedRegex("(?<=[?&]user=[^:&]*:)[^&]*")]
    private static partial Regex Password();

    /// <param name="Path">Absolute.</param>
    public sealed record Sqlite(string Path) : ClusterStoreUri
    {
        public override IClusterStore Open(string cluster, TimeProvider time, EventLoop? loop = null) =>
            SqliteClusterStore.Open(Path, cluster, time, loop);

        public override string ToString() => $"sqlite:{Path}";

        internal static string? Fault(string path)
        {
            if (path.Length == 0)
                return "it names no file: write sqlite:PATH";
            if (!path.StartsWith('/'))
                return "the path must be absolute, as in sqlite:/var/lib/fabric/cluster.db";
            return path.StartsWith("//", StringComparison.Ordinal)
                ? $"write the path right after the colon, as in sqlite:/{path.TrimStart('/')}"
                : path.EndsWith('/') ? "it names a directory, not a file" : null;
        }
    }

    public sealed record Etcd(EtcdOptions Options) : ClusterStoreUri
    {
        public override IClusterStore Open(string cluster, TimeProvider time, EventLoop? loop = null) =>
            EtcdClusterStore.Open(Options, cluster, time, loop);

        public override string ToString() => Options.ToString();
    }

    public sealed record Kubernetes(KubernetesPlace Place) : ClusterStoreUri
    {
        public override IClusterStore Open(string cluster, TimeProvider time, EventLoop? loop = null)
        {
            try
            {
                var api = KubernetesApi.Open(Place, time);
                return Open(api, cluster, time, loop, api);
            }
            catch (KubernetesException e)
            {
                throw new JournalException($"open {this}", e.Message, isTransient: true, e);
            }
        }

        /// <summary>Opens the store on a connection that is there already.</summary>
        /// <param name="owned">Disposed with the store.</param>
        public IClusterStore Open(
            IKubernetesApi api, string cluster, TimeProvider time, EventLoop? loop = null, IAsyncDisposable? owned = null) =>
            KubernetesClusterStore.Open(api, Place.Namespace, cluster, time, loop, owned);

        public override string ToString() => Place.ToString();
    }
}
