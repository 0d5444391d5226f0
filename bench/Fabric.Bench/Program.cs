using System.Globalization;
using Fabric.Bench;
using Fabric.Lab;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var words = args.ToList();
var jsonPath = Option("--json");
int[] pods = [.. (Option("--pods") ?? "0,100,250").Split(',').Select(int.Parse)];
var rounds = int.Parse(Option("--rounds") ?? "60");

// One class per benchmark; each adds rows to the table, and nothing is asserted.
var benchmarks = new (string Name, bool NeedsLab, Func<Results, Task> Run)[]
{
    ("journal", false, JournalBenchmark.RunAsync),
    ("scale", false, ScaleBenchmark.RunAsync),
    ("store", false, StoreTrafficBenchmark.RunAsync),
    ("nodes", false, NodeObjectsBenchmark.RunAsync),
    ("attach", true, results => AttachBenchmark.RunAsync(results, pods, rounds)),
    ("burst", true, results => BurstBenchmark.RunAsync(results, Math.Max(1, rounds / 12))),
    ("flows", true, results => FlowBenchmark.RunAsync(results, Math.Max(1, rounds / 6))),
    ("recovery", true, results => RecoveryBenchmark.RunAsync(results, Math.Max(1, rounds / 12))),
    ("mesh", true, MeshBenchmark.RunAsync),
    ("memory", true, MemoryBenchmark.RunAsync),
    ("start", true, results => StartBenchmark.RunAsync(results, Math.Max(1, rounds / 6))),
};
if (words.Count == 0 || words.Any(w => w != "all" && !benchmarks.Any(b => b.Name == w)))
    return Usage();
var results = new Results();
foreach (var benchmark in benchmarks.Where(b => words.Contains("all") || words.Contains(b.Name)))
{
    if (benchmark.NeedsLab && LabRequirements.Missing is { } missing)
    {
        Results.Progress($"{benchmark.Name}: skipped, {missing}");
        continue;
    }
    Results.Progress($"{benchmark.Name} …");
    await benchmark.Run(results);
}
results.Print();
if (jsonPath is not null)
    results.Write(jsonPath);
return 0;

string? Option(string name)
{
    var at = words.IndexOf(name);
    if (at < 0 || at + 1 >= words.Count)
        return null;
    var value = words[at + 1];
    words.RemoveRange(at, 2);
    return value;
}

int Usage()
{
    Console.Error.WriteLine($"usage: Fabric.Bench all | {string.Join(" | ", benchmarks.Select(b => b.Name))} [--pods 0,100,250] [--rounds 60] [--json PATH]");
    return 2;
}
