using System.Diagnostics;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Bench;

/// <summary>10,000 flows in one bundle, against ovs-ofctl with the same flows; and one change (<see cref="FlowChangeBenchmark"/>).</summary>
internal static class FlowBenchmark
{
    private const int Flows = 10_000;

    public static async Task RunAsync(Results results, int rounds)
    {
        using var raw = await RawNode.StartAsync();
        await FlowChangeBenchmark.RunAsync(results, raw, rounds * 10);
        var folder = Directory.CreateTempSubdirectory("fab-t-flows-").FullName;
        try
        {
            var flows = Enumerable.Range(0, Flows).Select(FlowAt).ToArray();
            var file = Path.Combine(folder, "flows");
            await File.WriteAllLinesAsync(file, flows.Select(f => f.ToString()));
            FlowMod[] adds = [.. flows.Select(FlowMod.Add)];
            Samples mine = new(), theirs = new();
            for (var round = -2; round < rounds; round++)
            {
                var start = Stopwatch.GetTimestamp();
                await raw.OpenFlow.ApplyBundleAsync(adds);
                var bundled = Stopwatch.GetElapsedTime(start);
                await ClearAsync(raw);
                var (exitCode, elapsed) = ChildProcess.Run("/usr/bin/ovs-ofctl",
                    new Dictionary<string, string> { ["OVS_RUNDIR"] = raw.Ovs.RunFolder }, "/dev/null", Path.Combine(folder, "out"),
                    "-O", "OpenFlow15", "--bundle", "add-flows", RawNode.BridgeName, file);
                if (exitCode != 0)
                    throw new InvalidOperationException($"ovs-ofctl ended with {exitCode}");
                await ClearAsync(raw);
                if (round < 0)
                    continue;
                mine.Add(bundled);
                theirs.Add(elapsed);
            }
            results.Add(ResultRow.Times($"{Flows:n0} flows in one bundle", mine, theirs, "ovs-ofctl --bundle add-flows", 0.4));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ClearAsync(RawNode raw)
    {
        await raw.OpenFlow.ApplyAsync([FlowMod.Delete()]);
        // Open vSwitch frees what it took out behind the reply, and would do that within the next measurement.
        await Task.Delay(100);
    }

    private static Flow FlowAt(int number) => new()
    {
        Table = (byte)(number % 10),
        Priority = 100,
        Cookie = 0xFAB0_0000_0000_0000 + (ulong)number,
        Match = Match.Any.With(OxmField.EthType, 0x0800).With(OxmField.IpDst, 0x0A00_0000u + (uint)number),
        Actions = ActionList.Create([FlowAction.Load(new Subfield(OxmField.Registers[0], 0, 16), (uint)number & 0xffff)]),
    };
}
