namespace Fabric.Lab;

/// <summary>How a <see cref="LabEtcd"/> differs from the plain one.</summary>
/// <param name="CertFolder">
/// Holds ca.pem, server.pem, server.key, client.pem and client.key: the members speak TLS then, and ask clients for a
/// certificate.
/// </param>
public sealed record LabEtcdOptions(string? CertFolder = null)
{
    /// <summary>Further arguments of etcd.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}
