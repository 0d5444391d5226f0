using Fabric.Messages;

namespace Fabric.Cli;

/// <summary>The node in one page.</summary>
internal static class StatusView
{
    public static void Write(StatusAnswer s, TextWriter output)
    {
        void Line(string name, string value) => output.Write($"{name,-13}{value}\n");

        Line("node", $"{s.Node}, uid {s.NodeUid}, incarnation {s.Incarnation}");
        Line("agent", $"version {s.Version}, up {Words.Duration(TimeSpan.FromSeconds(s.UptimeSeconds))}");
        Line("ready", s.Readiness.Ready ? "yes" : $"no (code {s.Readiness.Code}): {string.Join("; ", s.Readiness.Reasons)}");
        foreach (var condition in s.Conditions)
            Line("condition", condition);
        Line("bridge", s.Bridge is { } b
            ? $"{b.Bridge}, {b.DatapathType} datapath, pipeline {b.PipelineVersion}"
            : "not configured yet");
        if (s.Bridge is { } o)
            Line("overlay", $"{o.Overlay}{(o.OverlayPort > 0 ? $" port {o.OverlayPort}" : "")}, VNI {o.Vni}, MTU {o.MtuBytes}");
        Line("pod CIDRs", s.PodCidrs.IsEmpty ? "none yet" : Words.List(s.PodCidrs));
        Line("gateway", s.GatewayAddresses.IsEmpty ? "-" : Words.List(s.GatewayAddresses));
        Line("Open vSwitch", (s.Switch.Connected, s.Switch.InStep) switch
        {
            (true, true) => $"connected{Version(s.Switch)}",
            (true, false) => $"connected{Version(s.Switch)}, being brought in step",
            _ => $"not connected{Version(s.Switch)}",
        });
        Line("ports", s.PortsByStage.Count == 0 ? "none" : string.Join(", ", s.PortsByStage.Select(p => $"{p.Value} {p.Key}")));
        Line("peers", $"{s.Peers}");
        Line("flows", $"{s.FlowsProgrammed}, in step with event #{s.ReconciledOrdering} of #{s.Journal.LastOrdering}");
        Line("journal", Journal(s));
        Line("entities", $"{s.EntitiesInMemory} in memory, deepest mailbox {s.MailboxDepth}");
        Line("cluster", Cluster(s.Cluster, s.At));
    }

    public static string Cluster(ClusterAnswer? c, DateTimeOffset at) => c is null
        ? "no cluster store"
        : $"{c.Store} {(c.Reachable ? "reachable" : "UNREACHABLE")}, last contact {Words.Time(c.LastContact, at)}, "
            + $"singleton on {c.Singleton?.Value ?? "unknown"}";

    private static string Version(SwitchAnswer s) => s.Version is { } version ? $", version {version}" : "";

    private static string Journal(StatusAnswer s)
    {
        var j = s.Journal;
        return j.Failure is { } failure
            ? $"{j.Path}: {failure}"
            : $"{j.Path}, {Words.Bytes(j.SizeBytes)}, #{j.FirstOrdering} to #{j.LastOrdering}, "
                + $"since {Words.Time(j.FirstTime, s.At)}"
                + (j.DroppedThrough > 0 ? $", complete after #{j.DroppedThrough}" : "");
    }
}
