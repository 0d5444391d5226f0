using System.Security.Cryptography;
using System.Text;

namespace Fabric.Lab;

/// <summary>One port of a Service with its endpoints: all that kube-proxy's rules for it depend on.</summary>
/// <param name="Name">NAMESPACE/NAME:PORT, as kube-proxy calls it.</param>
/// <param name="ClusterIp">The address that pods ask, IPv4 or IPv6.</param>
/// <param name="Port">The port that pods ask.</param>
/// <param name="Endpoints">Ready endpoints of the same address family; none: kube-proxy refuses connections.</param>
public sealed record KubeProxyService(string Name, string ClusterIp, int Port, params IReadOnlyList<KubeProxyEndpoint> Endpoints)
{
    /// <summary><c>tcp</c> or <c>udp</c>.</summary>
    public string Protocol { get; init; } = "tcp";

    /// <summary>The port at every node's address; null for a Service of type ClusterIP.</summary>
    public int? NodePort { get; init; }

    /// <summary><c>externalTrafficPolicy: Local</c>: what comes from outside goes to the node's own endpoints, its source unchanged.</summary>
    public bool IsExternalLocal { get; init; }

    internal bool IsV6 => ClusterIp.Contains(':', StringComparison.Ordinal);

    /// <summary>The 16 characters in the names of its iptables chains: SHA-256 of name and protocol in base 32.</summary>
    internal string ChainKey(string further = "")
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Name + Protocol + further));
        var key = new StringBuilder();
        for (var i = 0; i < 16; i++)
        {
            var (at, bit) = (i * 5 / 8, i * 5 % 8);
            key.Append(Alphabet[(((hash[at] << 8) | hash[at + 1]) >> (11 - bit)) & 31]);
        }
        return key.ToString();
    }
}
