using System.Text;

namespace Fabric.KubernetesApi;

/// <summary>Writes what kubectl and others need to reach a server.</summary>
public static class Kubeconfig
{
    /// <summary>A kubeconfig with one context; it is JSON, which YAML readers read.</summary>
    /// <param name="token">Null: no credentials.</param>
    public static string Of(ApiServer server, string? token)
    {
        var authority = Convert.ToBase64String(Encoding.UTF8.GetBytes(server.Certificates.AuthorityPem));
        var trust = server.Url.StartsWith("https:", StringComparison.Ordinal) ? $",\"certificate-authority-data\":\"{authority}\"" : "";
        var user = token is null ? "{}" : $$"""{"token":"{{token}}"}""";
        return $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"fabric",
             "clusters":[{"name":"fabric","cluster":{"server":"{{{server.Url}}}"{{{trust}}}}}],
             "users":[{"name":"fabric","user":{{{user}}}}],
             "contexts":[{"name":"fabric","context":{"cluster":"fabric","user":"fabric"}}]}
            """;
    }
}
