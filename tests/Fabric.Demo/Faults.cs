using System.Diagnostics;

namespace Fabric.Demo;

/// <summary>What is done to a node while pods talk.</summary>
internal sealed class Faults(Report report, CancellationToken cancellationToken)
{
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(20);

    /// <summary>Kills a node's agent and starts it again; pings go on within the node and from another.</summary>
    /// <returns>A pod attached by the new agent.</returns>
    public async Task<Pod> KillAgentAsync(Node node, IReadOnlyList<Pod> pods)
    {
        var own = pods.Where(p => p.Node == node).ToList();
        var other = pods.First(p => p.Node != node);
        using var near = RunningPing.Start(own[0], own[1]);
        using var far = RunningPing.Start(other, own[0]);
        var recovered = TimeSpan.Zero;
        await report.DoAsync($"pinging every 10 ms, {near.Title} and {far.Title}, while the agent is killed and starts again", async () =>
        {
            await GoOnAsync([near, far], 50);
            await node.KillAgentAsync(cancellationToken);
            // Nobody is there for a while: forwarding must not need the agent.
            await GoOnAsync([near, far], 50);
            var began = Stopwatch.GetTimestamp();
            node.StartAgent();
            await node.WaitUntilReadyAsync(cancellationToken);
            recovered = Stopwatch.GetElapsedTime(began);
            await GoOnAsync([near, far], 100);
        });
        var across = far.Stop();
        report.Expect(across.Lost == 0, $"{across.Title}: {across.Sent} packets, {across.Lost} lost");
        using var meanwhile = RunningPing.Start(other, own[0]);
        await GoOnAsync([near, meanwhile], 20);
        var added = Pod.Attach(node, $"{node.Letter}-{own.Count + 1}");
        await GoOnAsync([near, meanwhile], 100);
        var within = near.Stop();
        report.Expect(within.Lost == 0, $"{within.Title}: {within.Sent} packets, {within.Lost} lost");
        report.Line($"     recovered from its journal and ready {Report.Seconds(recovered)} after its start;"
            + $" then attached {added.Name} ({added.Address}) in {added.Took.TotalMilliseconds:0} ms");
        // Not of the agent's doing and not for it to prevent: docs/architecture.md, Known limits.
        var tunnel = meanwhile.Stop();
        report.Line($"     {tunnel.Title} over the tunnel meanwhile: {tunnel.Sent} packets, {tunnel.Lost} lost"
            + (tunnel.Lost > 0 ? ", as Open vSwitch's userspace datapath does when a port is added" : ""));
        using var echo = Echo.Open(other.Net.Inside);
        report.Expect(echo.Once(added.Address, 1) is not null, $"{other.Name} reaches the new {added.Name}");
        return added;
    }

    /// <summary>Stops a node's ovs-vswitchd, with all its flows, and starts it again; nobody else does anything.</summary>
    public async Task RestartSwitchAsync(Node node, IReadOnlyList<Pod> pods)
    {
        var own = pods.Where(p => p.Node == node).ToList();
        var other = pods.First(p => p.Node != node);
        var before = Traces.Of(node);
        using var near = RunningPing.Start(own[0], own[1]);
        using var far = RunningPing.Start(other, own[0]);
        await report.DoAsync($"pinging every 10 ms, {near.Title} and {far.Title}, while ovs-vswitchd restarts", async () =>
        {
            await GoOnAsync([near, far], 50);
            await node.StopSwitchAsync(cancellationToken);
            var down = new[] { near.Sent, far.Sent };
            await Task.Run(node.StartSwitch, cancellationToken);
            await Wait.UntilAsync(() => near.LastAnswered > down[0] && far.LastAnswered > down[1],
                $"{near.Title} and {far.Title} are answered again", BackWithin, cancellationToken);
            await GoOnAsync([near, far], 50);
            await Wait.UntilAsync(() => Traces.Of(node).SequenceEqual(before),
                $"ports and flows of {node.Name} are as before", BackWithin, cancellationToken);
        });
        foreach (var ping in new[] { near, far })
        {
            var outcome = ping.Stop();
            report.Line($"     {outcome.Title}: no answer for {Report.Seconds(outcome.LongestGap)} ({outcome.Lost} of {outcome.Sent} packets)");
        }

        report.Expect(Traces.Of(node).SequenceEqual(before),
            $"{Traces.Count(before, "OVS port")} ports and {Traces.Count(before, "flow")} flows are back by themselves, exactly as before");
    }

    /// <summary>Lets each ping send so many more packets.</summary>
    private Task GoOnAsync(IReadOnlyList<RunningPing> pings, int packets)
    {
        var until = pings.Select(p => p.Sent + packets).ToList();
        return Wait.UntilAsync(() => pings.Zip(until).All(p => p.First.Sent >= p.Second),
            $"{packets} packets are sent", BackWithin, cancellationToken);
    }
}
