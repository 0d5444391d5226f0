namespace Fabric.Node.Tests.Pipeline;

/// <summary>Packets of the example in the notation of ofproto/trace.</summary>
internal static class Packets
{
    internal const string VirtualRouter = "0a:fa:b0:00:00:01";
    internal const string GatewayMac = "0a:fa:b0:00:01:01";
    internal const string PodMac = "0a:58:0a:f4:01:0b";
    internal const string SecondPodMac = "0a:58:0a:f4:01:0c";
    internal const string LinkLocal = "fe80::858:aff:fef4:10b";

    /// <summary>A frame of the pod to the virtual router.</summary>
    internal const string FromPod = $"in_port=11,dl_src={PodMac},dl_dst={VirtualRouter}";

    /// <summary>A frame of the pod to everybody.</summary>
    internal const string FromPodToAll = $"in_port=11,dl_src={PodMac},dl_dst=ff:ff:ff:ff:ff:ff";

    /// <summary>A frame of the host to the virtual router.</summary>
    internal const string FromHost = $"in_port=2,dl_src={GatewayMac},dl_dst={VirtualRouter}";

    internal static string FromPeer(string vtep = "172.30.0.2", int vni = 7000, string to = "172.30.0.1") =>
        $"in_port=1,tun_src={vtep},tun_dst={to},tun_id={vni},dl_src={VirtualRouter},dl_dst={VirtualRouter}";

    internal static string Tcp(string source, string destination) => source.Contains(':', StringComparison.Ordinal)
        ? $"tcp6,ipv6_src={source},ipv6_dst={destination},nw_ttl=64,tcp_src=40000,tcp_dst=8080"
        : $"tcp,nw_src={source},nw_dst={destination},nw_ttl=64,tcp_src=40000,tcp_dst=8080";

    internal static string ArpRequest(string sender, string target, string senderMac = PodMac) =>
        $"arp,arp_op=1,arp_spa={sender},arp_tpa={target},arp_sha={senderMac},arp_tha=00:00:00:00:00:00";

    internal static string Solicitation(string source, string target, string option = PodMac) =>
        $"icmp6,ipv6_src={source},ipv6_dst=ff02::1:ff00:1,icmpv6_type=135,icmpv6_code=0,nw_ttl=255," +
        $"nd_target={target},nd_sll={option}";
}
