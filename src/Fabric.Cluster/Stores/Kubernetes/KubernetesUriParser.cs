using System.Diagnostics.CodeAnalysis;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>Reads <c>[?KEY=VALUE[&amp;KEY=VALUE…]]</c>. Values are percent-decoded (RFC 3986, section 2.1).</summary>
internal static class KubernetesUriParser
{
    private const string Keys = "namespace, kubeconfig, context";

    /// <param name="rest">What follows <c>kubernetes:</c>.</param>
    public static bool TryParse(string rest, [NotNullWhen(true)] out KubernetesPlace? place, [NotNullWhen(false)] out string? fault)
    {
        place = null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        fault = rest.Length == 0 ? null
            : rest[0] == '?' ? Values(rest[1..], values)
            : "write its settings after a question mark, as in kubernetes:?namespace=fabric-system; the server is in the kubeconfig";
        fault ??= Contradiction(values);
        if (fault is not null)
            return false;
        place = new KubernetesPlace(values.GetValueOrDefault("namespace") ?? KubernetesPlace.DefaultNamespace,
            values.GetValueOrDefault("kubeconfig"), values.GetValueOrDefault("context"));
        return true;
    }

    private static string? Values(string query, Dictionary<string, string> values)
    {
        foreach (var pair in query.Split('&'))
        {
            var equals = pair.IndexOf('=');
            var key = equals < 0 ? pair : pair[..equals];
            if (key is not ("namespace" or "kubeconfig" or "context"))
                return $"'{key}' is none of {Keys}";
            if (equals < 0 || equals == pair.Length - 1)
                return $"{key} has no value";
            if (!values.TryAdd(key, Uri.UnescapeDataString(pair[(equals + 1)..])))
                return $"{key} is there twice";
        }
        return null;
    }

    private static string? Contradiction(Dictionary<string, string> values)
    {
        if (values.TryGetValue("namespace", out var ns) && !IsLabel(ns))
            return $"namespace={ns}: it must be at most 63 of a to z, 0 to 9 and '-', and begin and end without '-'";
        if (values.TryGetValue("kubeconfig", out var path) && !path.StartsWith('/'))
            return $"kubeconfig={path}: the path must be absolute";
        return values.ContainsKey("context") && !values.ContainsKey("kubeconfig")
            ? "context=NAME needs kubeconfig=PATH: the pod's own service account has no contexts"
            : null;
    }

    private static bool IsLabel(string text) => text.Length is > 0 and <= 63 && text[0] != '-' && text[^1] != '-'
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
