using System.Net;

namespace Fabric.KubernetesApi;

/// <summary>How an <see cref="ApiServer"/> listens, and whom it answers.</summary>
/// <param name="Address">Null: 127.0.0.1.</param>
/// <param name="Port">0: one that is free.</param>
/// <param name="IsSecure">https with a certificate of its own authority; otherwise http.</param>
/// <param name="NeedsCredentials">A bearer token or a client certificate; otherwise everybody may do everything.</param>
/// <param name="BookmarkEvery">Null: as kube-apiserver, once a minute.</param>
public sealed record ApiServerOptions(
    IPAddress? Address = null, int Port = 0, bool IsSecure = false, bool NeedsCredentials = false, TimeSpan? BookmarkEvery = null)
{
    public static ApiServerOptions Plain { get; } = new();

    public static ApiServerOptions Secured { get; } = new(IsSecure: true, NeedsCredentials: true);
}
