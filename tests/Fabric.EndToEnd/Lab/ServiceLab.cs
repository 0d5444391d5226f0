using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>What kube-proxy programs for one service with one endpoint, as nft text.</summary>
internal static class ServiceLab
{
    /// <summary>A machine beside the nodes, no member of the cluster.</summary>
    internal const string Outside = "10.90.0.200";

    internal static void MakeOutside(LabUnderlay underlay)
    {
        underlay.Namespace.Ip("address", "replace", Outside + "/24", "dev", LabUnderlay.Device);
        // Else its TCP leaves with unfinished checksums, which no userspace datapath completes.
        underlay.Namespace.Run("ethtool", "-K", LabUnderlay.Device, "tx", "off");
    }

    /// <param name="local">externalTrafficPolicy: Local, which keeps the client's address.</param>
    internal static string Rules(string node, string clusterIp, int nodePort, string endpoint, bool local) => $$"""
        table inet fab-t-proxy {
          chain services {
            ip daddr {{clusterIp}} tcp dport 80 ip saddr != 10.244.0.0/16 meta mark set 0x4000
            ip daddr {{clusterIp}} tcp dport 80 ip saddr {{endpoint}} meta mark set 0x4000
            ip daddr {{clusterIp}} tcp dport 80 dnat ip to {{endpoint}}:8080
            {{(local ? "" : $"ip daddr {node} tcp dport {nodePort} meta mark set 0x4000")}}
            ip daddr {{node}} tcp dport {{nodePort}} dnat ip to {{endpoint}}:8080
          }
          chain prerouting { type nat hook prerouting priority dstnat; jump services; }
          chain output { type nat hook output priority -100; jump services; }
          chain postrouting { type nat hook postrouting priority srcnat; meta mark 0x4000 masquerade fully-random; }
        }

        """;
}
