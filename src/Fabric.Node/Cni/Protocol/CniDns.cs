using System.Collections.Immutable;

namespace Fabric.Node.Cni;

/// <summary>The well-known DNS structure (CNI SPEC 1.1, section 5): carried, never acted on.</summary>
public sealed record CniDns(
    ImmutableArray<string> Nameservers, string Domain, ImmutableArray<string> Search, ImmutableArray<string> Options)
{
    public static CniDns Empty { get; } = new([], "", [], []);

    public bool IsEmpty => Nameservers.IsEmpty && Domain.Length == 0 && Search.IsEmpty && Options.IsEmpty;

    // An ImmutableArray compares by reference, and a result is a value.
    public bool Equals(CniDns? other) => other is not null
        && Domain == other.Domain
        && Nameservers.SequenceEqual(other.Nameservers)
        && Search.SequenceEqual(other.Search)
        && Options.SequenceEqual(other.Options);

    public override int GetHashCode() => HashCode.Combine(Domain, Nameservers.Length, Search.Length, Options.Length);
}
