namespace Fabric.Lab;

/// <summary>
/// What kube-proxy does to a node: its rules and its settings, in each of its modes. There is no kube-proxy in it; the rules are those
/// that it would program for the Services given.
/// </summary>
public sealed class LabKubeProxy : IDisposable
{
    private static readonly Dictionary<KubeProxyMode, Lazy<string?>> Reasons =
        Enum.GetValues<KubeProxyMode>().ToDictionary(m => m, m => new Lazy<string?>(() => Find(m)));

    private readonly LabNamespace _network;
    private readonly string _node;
    private readonly string _address;
    private readonly KubeProxyMode _mode;

    /// <param name="node">Where; its name is the one that endpoints carry.</param>
    public LabKubeProxy(LabNode node, KubeProxyMode mode)
        : this(node.Namespace, node.Name, node.Address.ToString(), mode)
    {
    }

    private LabKubeProxy(LabNamespace network, string node, string address, KubeProxyMode mode)
    {
        (_network, _node, _address, _mode) = (network, node, address, mode);
        // kube-proxy in iptables mode sets it, so that a NodePort is there at 127.0.0.1 too.
        if (mode != KubeProxyMode.Nftables)
            network.Run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet");
    }

    /// <summary>The pods' addresses, by which kube-proxy knows what comes from pods (<c>--cluster-cidr</c>).</summary>
    public (string V4, string V6) ClusterCidrs { get; init; } = ("10.244.0.0/16", "fd00:10:244::/48");

    /// <summary>The Services' addresses.</summary>
    public (string V4, string V6) ServiceCidrs { get; init; } = ("10.96.0.0/12", "fd00:10:96::/112");

    /// <summary>The reason to skip tests of a mode, or null. Its rules are tried in a namespace of their own.</summary>
    public static string? Missing(KubeProxyMode mode) => LabRequirements.Missing ?? Reasons[mode].Value;

    /// <summary>Replaces all rules by those of these Services, one transaction per address family.</summary>
    public void Program(IReadOnlyList<KubeProxyService> services)
    {
        foreach (var v6 in (bool[])[false, true])
        {
            var (cluster, cidr) = v6 ? (ClusterCidrs.V6, ServiceCidrs.V6) : (ClusterCidrs.V4, ServiceCidrs.V4);
            if (_mode == KubeProxyMode.Nftables)
                _network.Run(["nft", "-f", "-"], null,
                    KubeProxyNftables.Render(services, _node, v6 ? null : _address, cluster, cidr, v6));
            else
                _network.Run([Restore(v6), "-w", "10"], null, KubeProxyIptables.Render(services, _node, cluster, v6));
        }
    }

    /// <summary>Removes all rules; the settings stay.</summary>
    public void Dispose()
    {
        foreach (var v6 in (bool[])[false, true])
        {
            if (_mode == KubeProxyMode.Nftables)
                _network.Run(["nft", "-f", "-"], null, string.Format(null, "table {0} kube-proxy\ndelete table {0} kube-proxy\n", v6 ? "ip6" : "ip"));
            else
                _network.Run([Restore(v6), "-w", "10"], null, "*filter\nCOMMIT\n*nat\nCOMMIT\n");
        }
    }

    private string Restore(bool v6) => $"{(v6 ? "ip6" : "ip")}tables-{(_mode == KubeProxyMode.IptablesNft ? "nft" : "legacy")}-restore";

    private static string? Find(KubeProxyMode mode)
    {
        using var network = LabNamespace.Create("proxy");
        KubeProxyService Service(string address, string endpoint, bool local) => new("default/probe:http", address, 80,
            new KubeProxyEndpoint(endpoint, 8080, "node"), new KubeProxyEndpoint(endpoint, 8081, "other"))
            { NodePort = 30080, IsExternalLocal = local };
        try
        {
            using var proxy = new LabKubeProxy(network, "node", "10.90.0.1", mode);
            proxy.Program([Service("10.96.0.1", "10.244.0.9", false), Service("fd00:10:96::1", "fd00:10:244::9", true)]);
            return null;
        }
        catch (LabException e)
        {
            return $"kube-proxy's rules in mode {mode} can't be programmed here: {e.Message}";
        }
    }
}
