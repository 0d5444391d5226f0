using System.Collections.Immutable;

namespace Fabric.Node.Cni;

/// <summary>An ADD's success in the newest version's terms; the writer leaves out what an older version doesn't
/// know.</summary>
public sealed record CniResult(
    ImmutableArray<CniInterface> Interfaces, ImmutableArray<CniIp> Ips, ImmutableArray<CniRoute> Routes, CniDns Dns)
{
    // An ImmutableArray compares by reference, and a result is a value.
    public bool Equals(CniResult? other) => other is not null
        && Interfaces.SequenceEqual(other.Interfaces)
        && Ips.SequenceEqual(other.Ips)
        && Routes.SequenceEqual(other.Routes)
        && Dns.Equals(other.Dns);

    public override int GetHashCode() => HashCode.Combine(Interfaces.Length, Ips.Length, Routes.Length, Dns);
}
