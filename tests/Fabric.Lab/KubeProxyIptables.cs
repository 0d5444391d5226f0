using System.Globalization;

namespace Fabric.Lab;

/// <summary>
/// The rules of kube-proxy in iptables mode on one node, for one address family, as <c>iptables-restore</c> reads them. Chains, marks
/// and order are kube-proxy's (1.27 and later); its comments are left out.
/// </summary>
internal static class KubeProxyIptables
{
    private const string Frame = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-EXTERNAL-SERVICES - [0:0]
        :KUBE-FORWARD - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-PROXY-FIREWALL - [0:0]
        -A INPUT -m conntrack --ctstate NEW -j KUBE-PROXY-FIREWALL
        -A INPUT -j KUBE-NODEPORTS
        -A INPUT -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
        -A FORWARD -m conntrack --ctstate NEW -j KUBE-PROXY-FIREWALL
        -A FORWARD -j KUBE-FORWARD
        -A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
        -A FORWARD -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
        -A OUTPUT -m conntrack --ctstate NEW -j KUBE-PROXY-FIREWALL
        -A OUTPUT -m conntrack --ctstate NEW -j KUBE-SERVICES
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
        -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        """;

    private const string NatFrame = """
        COMMIT
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-POSTROUTING - [0:0]
        :KUBE-MARK-MASQ - [0:0]
        """;

    private const string NatRules = """
        -A PREROUTING -j KUBE-SERVICES
        -A OUTPUT -j KUBE-SERVICES
        -A POSTROUTING -j KUBE-POSTROUTING
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
        -A KUBE-POSTROUTING -j MASQUERADE --random-fully
        -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
        """;

    /// <summary>Replaces the tables filter and nat.</summary>
    internal static string Render(IReadOnlyList<KubeProxyService> services, string node, string clusterCidr, bool v6)
    {
        List<string> filter = [], chains = [], rules = [];
        foreach (var service in services.Where(s => s.IsV6 == v6))
        {
            if (service.Endpoints.Count == 0)
                filter.Add($"-A KUBE-SERVICES -d {service.ClusterIp} -p {service.Protocol} --dport {service.Port} "
                    + $"-j REJECT --reject-with {(v6 ? "icmp6" : "icmp")}-port-unreachable");
            else
                Add(service, node, clusterCidr, filter, chains, rules);
        }
        rules.Add("-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS");
        return string.Join('\n', [Frame, .. filter, NatFrame, .. chains.Select(c => $":{c} - [0:0]"), NatRules, .. rules, "COMMIT", ""]);
    }

    private static void Add(
        KubeProxyService service, string node, string clusterCidr, List<string> filter, List<string> chains, List<string> rules)
    {
        var (cluster, external, local) = ("KUBE-SVC-" + service.ChainKey(), "KUBE-EXT-" + service.ChainKey(), "KUBE-SVL-" + service.ChainKey());
        var asked = $"-d {service.ClusterIp} -p {service.Protocol} --dport {service.Port}";
        chains.Add(cluster);
        rules.Add($"-A KUBE-SERVICES {asked} -j {cluster}");
        rules.Add($"-A {cluster} ! -s {clusterCidr} {asked} -j KUBE-MARK-MASQ");
        Balance(cluster, service, service.Endpoints, rules);
        foreach (var endpoint in service.Endpoints)
        {
            var chain = EndpointChain(service, endpoint);
            chains.Add(chain);
            rules.Add($"-A {chain} -s {endpoint.Address} -j KUBE-MARK-MASQ");
            rules.Add($"-A {chain} -p {service.Protocol} -j DNAT --to-destination {endpoint.Target}");
        }
        if (service.NodePort is not { } port)
            return;
        chains.Add(external);
        rules.Add($"-A KUBE-NODEPORTS -p {service.Protocol} --dport {port} -j {external}");
        if (!service.IsExternalLocal)
        {
            rules.Add($"-A {external} -j KUBE-MARK-MASQ");
            rules.Add($"-A {external} -j {cluster}");
            return;
        }
        rules.Add($"-A {external} -s {clusterCidr} -j {cluster}");
        rules.Add($"-A {external} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ");
        rules.Add($"-A {external} -m addrtype --src-type LOCAL -j {cluster}");
        var here = service.Endpoints.Where(e => e.Node == node).ToList();
        if (here.Count == 0)
        {
            filter.Add($"-A KUBE-EXTERNAL-SERVICES -p {service.Protocol} -m addrtype --dst-type LOCAL --dport {port} -j DROP");
            return;
        }
        chains.Add(local);
        rules.Add($"-A {external} -j {local}");
        Balance(local, service, here, rules);
    }

    private static void Balance(string chain, KubeProxyService service, IReadOnlyList<KubeProxyEndpoint> endpoints, List<string> rules)
    {
        for (var i = 0; i < endpoints.Count; i++)
        {
            var left = endpoints.Count - i;
            var chance = left == 1
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $"-m statistic --mode random --probability {1.0 / left:F10} ");
            rules.Add($"-A {chain} {chance}-j {EndpointChain(service, endpoints[i])}");
        }
    }

    private static string EndpointChain(KubeProxyService service, KubeProxyEndpoint endpoint) =>
        "KUBE-SEP-" + service.ChainKey(endpoint.Target);
}
