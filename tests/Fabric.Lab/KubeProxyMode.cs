namespace Fabric.Lab;

/// <summary>How kube-proxy programs Services, as far as the kernel sees a difference.</summary>
public enum KubeProxyMode
{
    /// <summary><c>--proxy-mode nftables</c>: tables of its own.</summary>
    Nftables,

    /// <summary><c>--proxy-mode iptables</c> by the iptables that writes nftables (Debian's default).</summary>
    IptablesNft,

    /// <summary><c>--proxy-mode iptables</c> by the iptables with tables of its own in the kernel.</summary>
    IptablesLegacy,
}
