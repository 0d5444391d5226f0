namespace Fabric.Lab;

/// <summary>
/// The rules of kube-proxy in nftables mode on one node, for one address family, as <c>nft -f</c> reads them. Chains, maps, marks and
/// priorities are kube-proxy's (1.31 and later); its comments are left out, and what belongs to load balancers.
/// </summary>
internal static class KubeProxyNftables
{
    private const string Frame = """
          chain cluster-ips-check { ip daddr @cluster-ips reject; ip daddr SERVICE-CIDR drop; }
          chain nodeport-endpoints-check { ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
          chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
          chain reject-chain { reject; }
          chain filter-forward {
            type filter hook forward priority 0;
            ct state new jump service-endpoints-check
            ct state new jump cluster-ips-check
          }
          chain filter-input {
            type filter hook input priority 0;
            ct state new jump nodeport-endpoints-check
            ct state new jump service-endpoints-check
          }
          chain filter-output {
            type filter hook output priority 0;
            ct state new jump service-endpoints-check
            ct state new jump cluster-ips-check
          }
          chain services {
            ip daddr . meta l4proto . th dport vmap @service-ips
            ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
          }
          chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
          chain nat-output { type nat hook output priority -100; jump services; }
          chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
          chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
          chain masquerading {
            meta mark and 0x4000 == 0 return
            meta mark set meta mark xor 0x4000
            masquerade fully-random
          }
        """;

    /// <summary>Replaces the family's table.</summary>
    /// <param name="nodeAddress">The node's primary address, the only one with NodePorts; null: none has them.</param>
    internal static string Render(
        IReadOnlyList<KubeProxyService> services, string node, string? nodeAddress, string clusterCidr, string serviceCidr, bool v6)
    {
        var ip = v6 ? "ip6" : "ip";
        List<string> serviceIps = [], nodePorts = [], refused = [], dropped = [], chains = [];
        foreach (var service in services.Where(s => s.IsV6 == v6))
        {
            if (service.Endpoints.Count == 0)
            {
                refused.Add($"{service.ClusterIp} . {service.Protocol} . {service.Port} : goto reject-chain");
                continue;
            }
            serviceIps.Add($"{service.ClusterIp} . {service.Protocol} . {service.Port} : goto service-{KeyOf(service)}");
            chains.AddRange(ChainsOf(service, ip, clusterCidr));
            if (service.NodePort is not { } port)
                continue;
            nodePorts.Add($"{service.Protocol} . {port} : goto external-{KeyOf(service)}");
            if (service.IsExternalLocal && service.Endpoints.All(e => e.Node != node))
                dropped.Add($"{service.Protocol} . {port} : drop");
            chains.Add(ExternalChainOf(service, node, ip, clusterCidr));
        }
        var address = v6 ? "ipv6_addr" : "ipv4_addr";
        string[] clusterIps = [.. services.Where(s => s.IsV6 == v6).Select(s => s.ClusterIp).Distinct()];
        string[] lines =
        [
            $"table {ip} kube-proxy", $"delete table {ip} kube-proxy", $"table {ip} kube-proxy {{",
            Named("set cluster-ips", address, clusterIps),
            Named("set nodeport-ips", address, nodeAddress is null ? [] : [nodeAddress]),
            Named("map no-endpoint-nodeports", "inet_proto . inet_service : verdict", dropped),
            Named("map no-endpoint-services", $"{address} . inet_proto . inet_service : verdict", refused),
            Named("map service-ips", $"{address} . inet_proto . inet_service : verdict", serviceIps),
            Named("map service-nodeports", "inet_proto . inet_service : verdict", nodePorts),
            Frame.Replace("ip daddr", ip + " daddr", StringComparison.Ordinal).Replace("SERVICE-CIDR", serviceCidr, StringComparison.Ordinal),
            .. chains, "}", "",
        ];
        return string.Join('\n', lines);
    }

    private static IEnumerable<string> ChainsOf(KubeProxyService service, string ip, string clusterCidr)
    {
        yield return $"  chain service-{KeyOf(service)} {{ {ip} daddr {service.ClusterIp} {ip} saddr != {clusterCidr} "
            + $"jump mark-for-masquerade; {Balance(service, service.Endpoints)}; }}";
        foreach (var endpoint in service.Endpoints)
        {
            yield return $"  chain {EndpointChain(service, endpoint)} {{ {ip} saddr {endpoint.Address} jump mark-for-masquerade; "
                + $"meta l4proto {service.Protocol} dnat to {endpoint.Target}; }}";
        }
    }

    private static string ExternalChainOf(KubeProxyService service, string node, string ip, string clusterCidr)
    {
        var key = KeyOf(service);
        if (!service.IsExternalLocal)
            return $"  chain external-{key} {{ jump mark-for-masquerade; goto service-{key}; }}";
        var here = service.Endpoints.Where(e => e.Node == node).ToList();
        var balance = here.Count == 0 ? "" : Balance(service, here) + ";";
        return $"  chain external-{key} {{ {ip} saddr {clusterCidr} goto service-{key}; "
            + $"fib saddr type local jump mark-for-masquerade; fib saddr type local goto service-{key}; {balance} }}";
    }

    private static string Balance(KubeProxyService service, IReadOnlyList<KubeProxyEndpoint> endpoints) =>
        $"numgen random mod {endpoints.Count} vmap {{ "
        + string.Join(", ", endpoints.Select((e, i) => $"{i} : goto {EndpointChain(service, e)}")) + " }";

    private static string Named(string kindAndName, string type, IReadOnlyList<string> elements) =>
        $"  {kindAndName} {{ type {type}; {(elements.Count == 0 ? "" : $"elements = {{ {string.Join(", ", elements)} }};")} }}";

    private static string KeyOf(KubeProxyService service) =>
        $"{service.ChainKey()[..8]}-{service.Name.Replace(':', '/')}/{service.Protocol}";

    private static string EndpointChain(KubeProxyService service, KubeProxyEndpoint endpoint) =>
        $"endpoint-{service.ChainKey(endpoint.Target)[..8]}-{service.Name.Replace(':', '/')}/{service.Protocol}"
        + $"__{endpoint.Address.Replace(':', '.')}/{endpoint.Port}";
}
