using System.Globalization;
using System.Text;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>
/// What kube-proxy would program for a few services, as nft text (its cluster CIDR detection included).
/// </summary>
internal sealed class KubeProxyRules
{
    private readonly StringBuilder _services = new();

    /// <summary>A ClusterIP at port 80 with one endpoint.</summary>
    internal KubeProxyRules ClusterIp(
        string address, string endpoint, string protocol = "tcp", int port = 80, int target = 8080)
    {
        var (ip, cluster) = Family(endpoint);
        var match = PipelineNode.Text($"{ip} daddr {address} {protocol} dport {port}");
        Add($"{match} {ip} saddr != {cluster} meta mark set 0x4000");
        Add($"{match} {ip} saddr {endpoint} meta mark set 0x4000");
        Add($"{match} dnat {ip} to {Target(endpoint, target)}");
        return this;
    }

    /// <summary>A NodePort with one endpoint; <paramref name="local"/> is externalTrafficPolicy.</summary>
    internal KubeProxyRules NodePort(string node, int port, string endpoint, bool local)
    {
        var (ip, _) = Family(endpoint);
        var match = PipelineNode.Text($"{ip} daddr {node} tcp dport {port}");
        if (!local)
            Add($"{match} meta mark set 0x4000");
        Add($"{match} dnat {ip} to {Target(endpoint, 8080)}");
        return this;
    }

    public override string ToString() => $$"""
        table inet kube-proxy { }
        delete table inet kube-proxy
        table inet kube-proxy {
          chain services {
        {{_services}}
          }
          chain prerouting { type nat hook prerouting priority dstnat; jump services; }
          chain output { type nat hook output priority -100; jump services; }
          chain postrouting { type nat hook postrouting priority srcnat; meta mark 0x4000 masquerade fully-random; }
        }

        """;

    private static (string Ip, string Cluster) Family(string address) =>
        address.Contains(':', StringComparison.Ordinal) ? ("ip6", "fd00:10:244::/48") : ("ip", "10.244.0.0/16");

    private static string Target(string endpoint, int port) => endpoint.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{endpoint}]:{port}")
        : string.Create(CultureInfo.InvariantCulture, $"{endpoint}:{port}");

    private void Add(string rule) => _services.Append("    ").Append(rule).Append('\n');
}
