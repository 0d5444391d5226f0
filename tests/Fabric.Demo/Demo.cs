namespace Fabric.Demo;

/// <summary>The demo, step by step.</summary>
internal sealed class Demo(Report report, Store store)
{
    private const int PodsPerNode = 3;

    private static readonly string[] Letters = ["a", "b", "c"];

    /// <returns>The exit code: 0 if all expectations held.</returns>
    public async Task<int> RunAsync(bool keep, CancellationToken cancellationToken)
    {
        report.Line("Fabric: three nodes with real Open vSwitch, nine pods, and what happens to them");
        report.Heading("1. Three nodes, each a network namespace with its own Open vSwitch and agent");
        var (wire, nodes) = await StartAsync(cancellationToken);
        ShowCluster(nodes[0]);
        var before = nodes.ToDictionary(n => n, Traces.Of);

        report.Heading("2. Nine pods, attached by fabric-cni as a container runtime does");
        var pods = await AttachAsync(nodes, cancellationToken);
        await ReachAsync(pods, nodes, wire, cancellationToken);

        var faults = new Faults(report, cancellationToken);
        report.Heading("3. The agent of node-a is killed (SIGKILL) and started again");
        pods.Add(await faults.KillAgentAsync(nodes[0], pods));
        report.Heading("4. ovs-vswitchd of node-b is stopped and started");
        await faults.RestartSwitchAsync(nodes[1], pods);

        report.Heading("5. The whole story of one pod, from the journal");
        ShowStory(pods[^1]);

        if (!keep)
            await EndAsync(nodes, pods, before, cancellationToken);
        var code = Verdict();
        if (keep)
            Guide.Write(report, pods);
        return code;
    }

    private async Task<(Wire Wire, IReadOnlyList<Node> Nodes)> StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Places.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var wire = Wire.Make();
        var nodes = await report.DoAsync("starting Open vSwitch on node-a, node-b, node-c", () => Task.WhenAll(
            Letters.Select((letter, i) => Task.Run(() => Node.Make(wire, letter, i + 1), cancellationToken))));
        var where = "one SQLite file";
        var uri = $"sqlite:{Places.ClusterFile}";
        if (store == Store.Etcd)
        {
            where = "etcd";
            await report.DoAsync("starting three members of etcd at the nodes' wire", () => Etcd.StartAsync(wire, cancellationToken));
            uri = Etcd.Uri;
        }
        await report.DoAsync($"starting fabric-node on each; they find each other in {where}", async () =>
        {
            foreach (var node in nodes)
                node.StartAgent(uri);
            await Task.WhenAll(nodes.Select(n => Task.Run(() => n.WaitUntilReadyAsync(cancellationToken), cancellationToken)));
            await Task.WhenAll(nodes.Select(n => n.WaitForPeersAsync(nodes.Where(p => p != n), cancellationToken)));
        });
        return (wire, nodes);
    }

    private void ShowCluster(Node node)
    {
        var members = node.Fabric("members");
        report.Command("fabric members", members);
        var mesh = node.Fabric("mesh");
        report.Command("fabric mesh", mesh);
        report.Line();
        var cidrs = Enumerable.Range(0, Letters.Length).Count(i => mesh.Contains($"10.244.{i}.0/24", StringComparison.Ordinal));
        report.Expect(Letters.All(l => members.Contains($"node-{l}", StringComparison.Ordinal)), "three members");
        report.Expect(cidrs == Letters.Length, "each node has a pod CIDR of its own");
    }

    private async Task<List<Pod>> AttachAsync(IReadOnlyList<Node> nodes, CancellationToken cancellationToken)
    {
        var pods = new List<Pod>();
        await report.DoAsync("attaching three pods on each node", async () =>
        {
            var attached = await Task.WhenAll(nodes.Select(node => Task.Run(
                () => Enumerable.Range(1, PodsPerNode).Select(i => Pod.Attach(node, $"{node.Letter}-{i}")).ToList(),
                cancellationToken)));
            pods.AddRange(attached.SelectMany(p => p));
        });
        return pods;
    }

    private async Task ReachAsync(
        IReadOnlyList<Pod> pods, IReadOnlyList<Node> nodes, Wire wire, CancellationToken cancellationToken)
    {
        var servers = pods.Select(p => TcpEcho.Listen(p.Net.Inside)).Append(TcpEcho.Listen(wire.Net.Inside)).ToList();
        try
        {
            var reach = new Reachability(report, cancellationToken);
            await reach.AllToAllAsync(pods);
            await reach.ToHostsAsync(pods, nodes, wire);
        }
        finally
        {
            servers.ForEach(s => s.Dispose());
        }
    }

    private void ShowStory(Pod pod)
    {
        var story = pod.Node.Fabric("events", "--pod", $"{Sandbox.PodNamespace}/{pod.Name}");
        report.Command($"fabric events --pod {Sandbox.PodNamespace}/{pod.Name}", story);
        report.Line();
        report.Expect(story.Contains("requested", StringComparison.Ordinal) && story.Contains("ready", StringComparison.Ordinal),
            "from request to ready");
    }

    private async Task EndAsync(IReadOnlyList<Node> nodes, List<Pod> pods,
        Dictionary<Node, IReadOnlyList<string>> before, CancellationToken cancellationToken)
    {
        var ending = new Ending(report, cancellationToken);
        report.Heading("6. All pods detached: what is left of them?");
        await ending.DetachAsync(pods);
        await ending.CompareAsync(nodes, before);
        await ending.DeleteNamespacesAsync(pods);
        report.Heading("7. ADD and DEL beside the reference plugins");
        await new Latency(report, cancellationToken).MeasureAsync(nodes[0]);
        report.Line();
        await ending.CompareAsync(nodes, before);
        await ending.StopAgentsAsync(nodes);
    }

    private int Verdict()
    {
        report.Heading(report.Broken == 0
            ? $"All {report.Held} expectations held, in {Report.Seconds(report.Elapsed)}."
            : $"{report.Broken} of {report.Held + report.Broken} expectations did NOT hold (✗ above).");
        return report.Broken == 0 ? 0 : 1;
    }
}
