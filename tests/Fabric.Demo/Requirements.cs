namespace Fabric.Demo;

/// <summary>What this machine must have before anything is started.</summary>
internal static class Requirements
{
    private static readonly string[] Programs =
        ["ip", "nft", "ethtool", "setsid", "ovsdb-server", "ovs-vswitchd", "ovsdb-tool", "ovs-vsctl", "ovs-ofctl", "ovs-appctl"];

    /// <summary>What is missing, and what to do about it.</summary>
    public static IReadOnlyList<(string What, string Advice)> Unmet(bool needsBinaries, bool needsEtcd)
    {
        var unmet = new List<(string, string)>();
        if (!Environment.IsPrivilegedProcess)
            unmet.Add(("it makes network namespaces, which only root may", "sudo make demo"));
        var missing = Programs.Concat(needsEtcd ? ["etcd"] : []).Where(p => !IsInPath(p)).ToList();
        if (missing.Count > 0)
            unmet.Add(($"not installed, or not in PATH: {string.Join(", ", missing)}", "make install-deps"));
        if (!needsBinaries)
            return unmet;
        if (!File.Exists(Places.OvsSchema))
            unmet.Add(($"there is no {Places.OvsSchema}", "make install-deps"));
        if (!File.Exists(Places.BridgePlugin) || !File.Exists(Places.HostLocalPlugin))
            unmet.Add(($"the CNI plugins to compare with are not in {Places.ReferencePlugins}", "make install-deps"));
        var unbuilt = new[] { Places.Agent, Places.Plugin, Places.Cli }.Where(f => !File.Exists(f)).ToList();
        if (unbuilt.Count > 0)
            unmet.Add(($"not built: {string.Join(", ", unbuilt)}", "make build"));
        return unmet;
    }

    private static bool IsInPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => d.Length > 0 && File.Exists(Path.Combine(d, program)));
}
