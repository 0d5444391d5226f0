using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Exceptions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fabric.Cluster.Kubernetes;

/// <summary>Reads server, trust and credentials from where a place says; each reading takes them anew.</summary>
internal static class KubernetesConfiguration
{
    /// <summary>Where the kubelet puts a pod's service account.</summary>
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <exception cref="KubernetesException">Nothing usable is there; says what was looked for.</exception>
    public static KubernetesClientConfiguration Read(KubernetesPlace place, TimeProvider time)
    {
        try
        {
            return place.Kubeconfig is { } file ? FromFile(file, place.Context, time) : InCluster(ServiceAccount, time);
        }
        catch (Exception e) when (e is KubeConfigException or YamlException or IOException or UnauthorizedAccessException
            or CryptographicException or FormatException)
        {
            throw new KubernetesException("open the Kubernetes API", ApiFault.Unreachable,
                $"{place.Kubeconfig ?? ServiceAccount} gives no access to it: {e.Message}", isSurelyUndone: true, null, e);
        }
    }

    private static KubernetesClientConfiguration FromFile(string file, string? context, TimeProvider time)
    {
        if (!File.Exists(file))
            throw new FileNotFoundException("there is no such kubeconfig file");
        var config = KubernetesClientConfiguration.LoadKubeConfig(new FileInfo(file), useRelativePaths: true);
        // tokenFile is not in the package's model; where there is one, it goes before the token (client-go does the same).
        if (TokenFileOf(file, context ?? config.CurrentContext) is not { } named)
            return KubernetesClientConfiguration.BuildConfigFromConfigObject(config, context);
        // The package refuses a user without credentials that it knows; the provider goes before this token.
        config.Users.First(u => u.Name == named.User).UserCredentials.Token ??= "in tokenFile";
        var read = KubernetesClientConfiguration.BuildConfigFromConfigObject(config, context);
        read.TokenProvider = new TokenFile(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, named.TokenFile), time);
        return read;
    }

    private static KubernetesClientConfiguration InCluster(string folder, TimeProvider time)
    {
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new FileNotFoundException(
                "no kubeconfig was named, and KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, as they are in a pod");
        }
        var token = Path.Combine(folder, "token");
        if (!File.Exists(token))
            throw new FileNotFoundException("it holds no token: does the pod have automountServiceAccountToken: false?");
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(Path.Combine(folder, "ca.crt"));
        var ns = Path.Combine(folder, "namespace");
        return new KubernetesClientConfiguration
        {
            Host = $"https://{(host.Contains(':') ? $"[{host}]" : host)}:{port}",
            SslCaCerts = authorities,
            TokenProvider = new TokenFile(token, time),
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : null,
        };
    }

    private static (string User, string TokenFile)? TokenFileOf(string file, string? context)
    {
        var yaml = new YamlStream();
        using (var text = File.OpenText(file))
            yaml.Load(text);
        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }, ..])
            return null;
        return context is not null && Named(root, "contexts", "context", context) is { } found && Text(found, "user") is { } user
            && Named(root, "users", "user", user) is { } credentials && Text(credentials, "tokenFile") is { } tokenFile
            ? (user, tokenFile) : null;
    }

    private static YamlMappingNode? Named(YamlMappingNode root, string list, string content, string name) =>
        root.Children.TryGetValue(list, out var all) && all is YamlSequenceNode entries
            ? entries.OfType<YamlMappingNode>().FirstOrDefault(e => Text(e, "name") == name) is { } entry
                && entry.Children.TryGetValue(content, out var inner) ? inner as YamlMappingNode : null
            : null;

    private static string? Text(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) && value is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;
}
