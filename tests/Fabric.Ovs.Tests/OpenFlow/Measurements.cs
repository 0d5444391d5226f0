using System.Diagnostics;
using System.Net;
using Fabric.Ovs.OpenFlow;
using Xunit.Abstractions;

namespace Fabric.Ovs.Tests.OpenFlow;

/// <summary>Prints times beside those of ovs-ofctl; asserts nothing about them.</summary>
[Collection(OvsCollection.Name)]
public sealed class Measurements(OvsBridge bridge, ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Times_of_ten_thousand_flows_and_of_one()
    {
        Skip.If(bridge.Missing is not null, bridge.Missing);
        await using var connection = await OpenFlowConnection.ConnectAsync(bridge.Address, TimeProvider.System);
        FlowMod[] adds = [.. Enumerable.Range(0, 10_000).Select(i => FlowMod.Add(Pod((uint)i)))];
        var file = Path.GetTempFileName();
        await File.WriteAllLinesAsync(file, adds.Select(add => add.Flow.ToString()));
        var ours = new List<double>();
        var theirs = new List<double>();
        var dumps = new List<double>();
        var encodings = new List<double>();
        for (var run = 0; run < 9; run++)
        {
            await connection.ApplyAsync([FlowMod.Delete()]);
            ours.Add(await TimeAsync(() => connection.ApplyBundleAsync(adds)));
            dumps.Add(await TimeAsync(() => connection.DumpFlowsAsync()));
            encodings.Add(await TimeAsync(() => Task.FromResult(Encode(adds))));
            Assert.Equal(adds.Length, (await connection.DumpFlowsAsync()).Count);
            await connection.ApplyAsync([FlowMod.Delete()]);
            theirs.Add(await TimeAsync(() => bridge.OfctlAsync(["--bundle", "add-flows"], file)));
        }

        File.Delete(file);
        Print("bundle of 10,000 flows", ours);
        Print("ovs-ofctl --bundle add-flows", theirs);
        Print("encoding alone", encodings);
        Print("dump of 10,000 flows", dumps);
        await connection.ApplyAsync([FlowMod.Delete()]);
        var times = new List<double>();
        for (var i = 0; i < 2000; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await connection.ApplyAsync([adds[i]]);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        output.WriteLine($"one flow_mod and barrier: median {times[1000]:f3} ms, 99th {times[1980]:f3} ms");
        times.Clear();
        for (var i = 0; i < 500; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await connection.ApplyBundleAsync([adds[i]]);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        output.WriteLine($"bundle of one flow: median {times[250]:f3} ms");
        var single = await TimeAsync(() => bridge.OfctlAsync(["add-flow"], adds[0].Flow.ToString()));
        output.WriteLine($"ovs-ofctl add-flow: {single:f1} ms");
    }

    private static Flow Pod(uint i) => new()
    {
        Table = 10, Priority = 100, Cookie = 0x1_0000_0000UL + i,
        Match = Match.Any.Reg(1, 7).Ip().NwDst(new IPAddress([10, 1, (byte)(i >> 8), (byte)i])),
        Actions =
        [
            FlowAction.SetField(OxmField.EthDst, new EthAddr(0x0a58_0000_0000UL + i)),
            FlowAction.Load(OxmField.Registers[2][0, 15], i & 0xffff), FlowAction.DecTtl, FlowAction.GotoTable(20),
        ],
    };

    private static int Encode(FlowMod[] mods)
    {
        using var w = new WireWriter(192 * mods.Length);
        foreach (var mod in mods) MessageWriter.BundleAdd(w, 1, mod, 1);
        return w.Length;
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private void Print(string what, List<double> times)
    {
        times.Sort();
        output.WriteLine(
            $"{what}: best {times[0]:f1} ms, median {times[times.Count / 2]:f1} ms, worst {times[^1]:f1} ms");
    }
}
