using System.Globalization;

namespace Fabric.Demo;

/// <summary>Measures ADD and DEL of fabric-cni and of the reference plugins, alternately, so that both see the same load.</summary>
internal sealed class Latency(Report report, CancellationToken cancellationToken)
{
    private const int Runs = 40;

    // The first runs read files from disk and warm caches, of both.
    private const int Unmeasured = 3;

    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(5);

    public async Task MeasureAsync(Node node)
    {
        var (fabric, reference) = (new Series(), new Series());
        await report.DoAsync($"{Runs} times ADD and DEL of each, taking turns, each in a new namespace", () => Task.Run(
            () => Measure(node, fabric, reference), cancellationToken));
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        report.Block(string.Create(CultureInfo.InvariantCulture, $"""

            {"",-24}{"ADD median",12}{"p99",10}{"DEL median",16}{"p99",10}   (ms)
            {"fabric-cni",-24}{fabric}
            {"bridge + host-local",-24}{reference}
            {"ratio",-24}{Ratio(fabric, reference)}

            Time from posix_spawn to waitpid; {Environment.ProcessorCount} processors, load average {load}.
            """));
    }

    private void Measure(Node node, Series fabric, Series reference)
    {
        var host = Net.Make("reference");
        // Both plugins get the same kind of namespace: empty, lo down.
        var nets = Net.MakeMany(Enumerable.Range(0, Runs + Unmeasured).SelectMany(i => new[] { $"f{i}", $"r{i}" }));
        for (var i = 0; i < Runs + Unmeasured; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var own = new Sandbox($"measured-{i}", nets[2 * i]);
            var theirs = new Sandbox($"measured-{i}", nets[(2 * i) + 1]);
            var isMeasured = i >= Unmeasured;
            var added = Checked(Plugin.Fabric(node, "ADD", own), "fabric-cni ADD");
            var addedThere = Checked(Plugin.Reference(host, "ADD", theirs), "bridge ADD");
            var deleted = Checked(Plugin.Fabric(node, "DEL", own, added.Output), "fabric-cni DEL");
            Settle(node);
            var deletedThere = Checked(Plugin.Reference(host, "DEL", theirs, addedThere.Output), "bridge DEL");
            if (!isMeasured)
                continue;
            fabric.Add(added, deleted);
            reference.Add(addedThere, deletedThere);
        }

        Net.DeleteMany([.. nets, host]);
    }

    // The agent answers DEL before the kernel has deleted the link, which takes the kernel's one lock for all links; the next
    // measurement must not wait for that.
    private void Settle(Node node)
    {
        var settled = SpinWait.SpinUntil(
            () => cancellationToken.IsCancellationRequested || !Links(node).Contains("gone", StringComparison.Ordinal), SettleWithin);
        if (!settled)
            throw new DemoException($"{node.Name} still has links of detached pods after {Report.Seconds(SettleWithin)}:\n{Links(node)}");
    }

    private static string Links(Node node) => node.Net.Inside.Run(() => File.ReadAllText("/proc/thread-self/net/dev"));

    private static Plugin.Run Checked(Plugin.Run run, string what) =>
        run.Code == 0 ? run : throw new DemoException($"{what} failed with code {run.Code}: {run.Output.Trim()}");

    private static string Ratio(Series fabric, Series reference) => string.Create(CultureInfo.InvariantCulture,
        $"{fabric.Add50 / reference.Add50,12:0.00}{fabric.Add99 / reference.Add99,10:0.00}"
        + $"{fabric.Del50 / reference.Del50,16:0.00}{fabric.Del99 / reference.Del99,10:0.00}");

    private sealed class Series
    {
        private readonly List<double> _add = [];
        private readonly List<double> _del = [];

        public double Add50 => Rank(_add, 0.5);

        public double Add99 => Rank(_add, 0.99);

        public double Del50 => Rank(_del, 0.5);

        public double Del99 => Rank(_del, 0.99);

        public void Add(Plugin.Run add, Plugin.Run del)
        {
            _add.Add(add.Took.TotalMilliseconds);
            _del.Add(del.Took.TotalMilliseconds);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Add50,12:0.0}{Add99,10:0.0}{Del50,16:0.0}{Del99,10:0.0}");

        // Nearest rank: a value that was really measured.
        private static double Rank(List<double> values, double share) =>
            values.Order().ElementAt((int)Math.Ceiling(share * values.Count) - 1);
    }
}
