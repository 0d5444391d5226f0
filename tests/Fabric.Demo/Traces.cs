using System.Text.RegularExpressions;

namespace Fabric.Demo;

/// <summary>Everything of a node that an attached pod could leave, as Open vSwitch and the kernel themselves tell it.</summary>
internal static partial class Traces
{
    /// <summary>One line per thing, sorted; without counters, times and numbers that the kernel gives.</summary>
    public static IReadOnlyList<string> Of(Node node)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        void Add(string what, string printed, Regex? without = null)
        {
            foreach (var line in printed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                lines.Add($"{what}: {(without is null ? line : without.Replace(line, "")).Trim()}");
        }

        Add("OVS port", node.Vsctl("--bare", "--columns=name", "list", "Port"));
        Add("OVS interface", node.Vsctl("--bare", "--columns=name", "list", "Interface"));
        foreach (var flow in Flows(node))
            lines.Add($"flow: {flow}");
        Add("group", node.Ofctl("-O", "OpenFlow15", "dump-groups", Node.Bridge), OfReply());
        Add("link", node.Net.Ip("-o", "link"), LinkNumbers());
        Add("address", node.Net.Ip("-o", "address"), LinkNumbers());
        Add("route", node.Net.Ip("route", "show", "table", "all"));
        Add("neighbour", node.Net.Ip("neighbour", "show", "nud", "permanent"));
        Add("nft", node.Net.Run("nft", "list", "ruleset"), Counters());
        return [.. lines];
    }

    /// <summary>The flows of the node's bridge, sorted, without counters.</summary>
    public static IReadOnlyList<string> Flows(Node node) =>
    [
        .. node.Ofctl("--no-stats", "--no-names", "dump-flows", Node.Bridge)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim()).Order(StringComparer.Ordinal),
    ];

    public static int Count(IEnumerable<string> traces, string what) =>
        traces.Count(t => t.StartsWith(what + ":", StringComparison.Ordinal));

    [GeneratedRegex(@"^\d+: |@\S+?(?=:)|\bqdisc .*$")]
    private static partial Regex LinkNumbers();

    [GeneratedRegex(@"counter packets \d+ bytes \d+")]
    private static partial Regex Counters();

    [GeneratedRegex(@"\(xid=0x[0-9a-f]+\)")]
    private static partial Regex OfReply();
}
