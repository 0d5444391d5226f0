using System.Collections.Immutable;

namespace Fabric.Node.Install;

/// <summary>Where the agent puts the CNI binary and its configuration on the host.</summary>
/// <param name="Binary">The <c>fabric-cni</c> to copy.</param>
/// <param name="BinDir">The runtime's plugin directory; null: no binary is put anywhere.</param>
/// <param name="ConfDir">The runtime's configuration directory; null: no configuration is.</param>
/// <param name="ConfName">The configuration's file name; runtimes take the first in order of the names.</param>
/// <param name="HasCompatibilityNames">Also under the names by which configurations of ovs-cni and Linen call their plugins.</param>
public sealed record CniInstallation(string Binary, string? BinDir, string? ConfDir, string ConfName, bool HasCompatibilityNames)
{
    /// <summary>The binary's paths on the host.</summary>
    public ImmutableArray<string> Binaries => BinDir is null
        ? []
        : [.. Names.Select(n => Path.Combine(BinDir, n))];

    public string? Configuration => ConfDir is null ? null : Path.Combine(ConfDir, ConfName);

    private ImmutableArray<string> Names => HasCompatibilityNames ? ["fabric-cni", "ovs", "linen"] : ["fabric-cni"];
}
