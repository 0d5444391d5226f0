using System.Net;
using Fabric.Lab;

namespace Fabric.EndToEnd;

public sealed class NftablesServiceLab() : ServiceLab(KubeProxyMode.Nftables);

public sealed class IptablesNftServiceLab() : ServiceLab(KubeProxyMode.IptablesNft);

public sealed class IptablesLegacyServiceLab() : ServiceLab(KubeProxyMode.IptablesLegacy);

/// <summary>
/// Two nodes with kube-proxy's rules and default routes, a client and a server on the first, a server on the second, a machine beside
/// them, and Services of all sorts. Servers tell their name and whom they see: <c>local 10.244.0.3</c>.
/// </summary>
public abstract class ServiceLab(KubeProxyMode mode) : EndToEndLab(2, ("cluster-cidr", "10.244.0.0/16,fd00:10:244::/48"))
{
    /// <summary>A machine beside the nodes, no member of the cluster.</summary>
    internal const string Outside = "10.90.0.200";

    /// <summary>Where the servers of pods listen.</summary>
    internal const int PodPort = 8080;

    /// <summary>Where the servers of nodes listen.</summary>
    internal const int NodeServerPort = 9090;

    internal const int NodePortLocalPod = 30080, NodePortRemotePod = 30081, NodePortExternalLocal = 30082, NodePortOfSecond = 30083;

    private readonly List<IDisposable> _made = [];

    private readonly List<LabKubeProxy> _proxies = [];

    internal Pod Client { get; private set; } = null!;

    internal Pod Local { get; private set; } = null!;

    internal Pod Remote { get; private set; } = null!;

    /// <summary>What masquerading on the way to pods makes of a source: the first node's gateway address.</summary>
    internal string FirstGateway => Client.Address[..Client.Address.LastIndexOf('.')] + ".1";

    internal string SecondGateway => Remote.Address[..Remote.Address.LastIndexOf('.')] + ".1";

    /// <summary>Under which the first node itself reaches pods.</summary>
    internal string FirstIdentity => Client.Address[..Client.Address.LastIndexOf('.')] + ".2";

    protected override string? Missing => base.Missing ?? LabKubeProxy.Missing(mode);

    internal static void MakeOutside(LabUnderlay underlay)
    {
        underlay.Namespace.Ip("address", "replace", Outside + "/24", "dev", LabUnderlay.Device);
        // Else its TCP leaves with unfinished checksums, which no userspace datapath completes.
        underlay.Namespace.Run("ethtool", "-K", LabUnderlay.Device, "tx", "off");
    }

    /// <summary>The address of a Service: of IPv4, or of IPv6 under the same number.</summary>
    internal static string ClusterIp(ServiceNumber number, bool v6 = false) => (v6 ? "fd00:10:96::1" : "10.96.0.1") + (int)number;

    /// <summary>All nodes' rules become those of the Services that the lab begins with, and of these.</summary>
    internal void Program(params IReadOnlyList<KubeProxyService> further)
    {
        KubeProxyService[] services = [.. StandingServices(), .. further];
        foreach (var proxy in _proxies)
            proxy.Program(services);
    }

    protected override async Task PrepareAsync()
    {
        MakeOutside(Underlay);
        foreach (var node in Nodes)
        {
            // The route for service addresses, until kube-proxy's rules give them a destination.
            node.Namespace.Ip("route", "replace", "default", "via", Outside);
            node.Namespace.Ip("-6", "route", "replace", "default", "dev", EndToEndNode.Gateway);
            // Else a test's ICMPv6 error may be one too many: the kernel counts packets too that leave by the device they came from.
            node.Namespace.Run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/icmp/ratelimit");
            _proxies.Add(Keep(new LabKubeProxy(node.Lab, mode)));
            Serve(node.Namespace, node.Lab.Name, node.Lab.Address, NodeServerPort);
        }
        Client = Keep(await First.AddPodAsync(ipv6: true));
        Local = Keep(await First.AddPodAsync(ipv6: true));
        Remote = Keep(await Second.AddPodAsync(ipv6: true));
        Serve(Client.Namespace, "client", IPAddress.IPv6Any, PodPort);
        Serve(Local.Namespace, "local", IPAddress.IPv6Any, PodPort);
        Serve(Remote.Namespace, "remote", IPAddress.IPv6Any, PodPort);
        LabWait.Until(() => Client.Pings(Remote.Address), "the pods reach each other");
        Program();
    }

    protected override void Unprepare()
    {
        _made.Reverse();
        foreach (var thing in _made)
            thing.Dispose();
    }

    /// <summary>Answers TCP and UDP in a namespace until the lab ends.</summary>
    private void Serve(LabNamespace at, string name, IPAddress address, int port)
    {
        Keep(LabTraffic.Serve(at, port, name));
        Keep(LabTraffic.ServeDatagrams(at, address, port, name));
    }

    private IEnumerable<KubeProxyService> StandingServices()
    {
        foreach (var protocol in (string[])["tcp", "udp"])
        {
            foreach (var v6 in (bool[])[false, true])
            {
                KubeProxyEndpoint Of(Pod pod) => new(v6 ? pod.AddressV6 : pod.Address, PodPort, pod.Node.Lab.Name);
                KubeProxyService Service(ServiceNumber number, params IReadOnlyList<KubeProxyEndpoint> endpoints) =>
                    new($"default/{number}:main", ClusterIp(number, v6), 80, endpoints) { Protocol = protocol };
                yield return Service(ServiceNumber.Self, Of(Client));
                yield return Service(ServiceNumber.Local, Of(Local)) with { NodePort = v6 ? null : NodePortLocalPod };
                yield return Service(ServiceNumber.Remote, Of(Remote)) with { NodePort = v6 ? null : NodePortRemotePod };
                yield return Service(ServiceNumber.Both, Of(Local), Of(Remote));
                yield return Service(ServiceNumber.None);
                if (v6)
                    continue;
                yield return Service(ServiceNumber.FirstOnly, Of(Local)) with { NodePort = NodePortExternalLocal, IsExternalLocal = true };
                yield return Service(ServiceNumber.SecondOnly, Of(Remote)) with { NodePort = NodePortOfSecond, IsExternalLocal = true };
                yield return Service(ServiceNumber.FirstHost, new KubeProxyEndpoint(First.Lab.Address.ToString(), NodeServerPort, First.Lab.Name));
                yield return Service(ServiceNumber.SecondHost, new KubeProxyEndpoint(Second.Lab.Address.ToString(), NodeServerPort, Second.Lab.Name));
            }
        }
    }

    private T Keep<T>(T thing)
        where T : IDisposable
    {
        _made.Add(thing);
        return thing;
    }
}
