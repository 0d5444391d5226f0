using System.Collections.Immutable;

namespace Fabric.Node.Cni;

/// <summary>What an IPAM plugin's ADD gave: at least one address, and no interfaces, since it knows none.</summary>
public sealed record IpamResult(ImmutableArray<CniIp> Ips, ImmutableArray<CniRoute> Routes, CniDns Dns)
{
    // An ImmutableArray compares by reference, and a result is a value.
    public bool Equals(IpamResult? other) => other is not null
        && Ips.SequenceEqual(other.Ips)
        && Routes.SequenceEqual(other.Routes)
        && Dns.Equals(other.Dns);

    public override int GetHashCode() => HashCode.Combine(Ips.Length, Routes.Length, Dns);
}
