namespace Fabric.Demo;

/// <summary>Takes the pods away and looks for what they left.</summary>
internal sealed class Ending(Report report, CancellationToken cancellationToken)
{
    // The veth goes after the answer to DEL, and its deletion takes the kernel some 20 ms.
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(10);

    private const int MostShown = 10;

    /// <summary>CNI DEL of all; their namespaces stay until <see cref="DeleteNamespacesAsync"/>.</summary>
    public Task DetachAsync(IReadOnlyList<Pod> pods) => report.DoAsync($"detaching {pods.Count} pods", () =>
        Task.WhenAll(pods.GroupBy(p => p.Node).Select(g => Task.Run(
            () =>
            {
                foreach (var pod in g)
                    pod.Detach();
            },
            cancellationToken))));

    /// <summary>Looks into the pods' namespaces, which go after that.</summary>
    public async Task DeleteNamespacesAsync(IReadOnlyList<Pod> pods)
    {
        var clean = 0;
        foreach (var pod in pods)
        {
            if (await Wait.HoldsAsync(() => pod.Net.Ip("-o", "link").Trim().Split('\n').Length == 1, SettleWithin, cancellationToken))
                clean++;
        }

        report.Expect(clean == pods.Count, $"{clean} of {pods.Count} pod namespaces hold nothing but lo");
        Net.DeleteMany([.. pods.Select(p => p.Net)]);
    }

    /// <summary>Compares every node with what it was before its first pod.</summary>
    public async Task CompareAsync(IReadOnlyList<Node> nodes, IReadOnlyDictionary<Node, IReadOnlyList<string>> before)
    {
        foreach (var node in nodes)
        {
            IReadOnlyList<string> now = [];
            var was = before[node];
            var same = await Wait.HoldsAsync(() => (now = Traces.Of(node)).SequenceEqual(was), SettleWithin, cancellationToken);
            report.Expect(same, same
                ? $"{node.Name} is as before its first pod: {Counted(was)}"
                : $"{node.Name} is not as before its first pod");
            if (!same)
                ShowDifference(was, now);
        }
    }

    public async Task StopAgentsAsync(IReadOnlyList<Node> nodes)
    {
        var ends = await report.DoAsync("stopping the agents with SIGTERM", () =>
            Task.WhenAll(nodes.Select(n => n.StopAgentAsync(cancellationToken))));
        report.Expect(ends.All(e => e.Code == 0),
            $"they ended with {string.Join(", ", ends.Select(e => $"code {e.Code} after {Report.Seconds(e.Took)}"))}");
    }

    private void ShowDifference(IReadOnlyList<string> was, IReadOnlyList<string> now)
    {
        var lines = now.Except(was).Select(l => $"  + {l}").Concat(was.Except(now).Select(l => $"  - {l}")).ToList();
        foreach (var line in lines.Take(MostShown))
            report.Block(line);
        if (lines.Count > MostShown)
            report.Block($"  … and {lines.Count - MostShown} more");
    }

    private static string Counted(IReadOnlyList<string> traces) => string.Join(", ",
        new (string What, string Plural)[]
        {
            ("OVS port", "OVS ports"), ("flow", "flows"), ("link", "links"), ("address", "addresses"), ("route", "routes"),
            ("nft", "lines of nft rules"),
        }.Select(w => $"{Traces.Count(traces, w.What)} {w.Plural}"));
}
