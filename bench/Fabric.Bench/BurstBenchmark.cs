using System.Diagnostics;
using System.Net.Sockets;
using Fabric.Lab;

namespace Fabric.Bench;

/// <summary>A node that gets 100 pods at once, 20 ADDs in parallel, against the least that the same takes in bulk.</summary>
internal static class BurstBenchmark
{
    private const int Pods = 100;
    private const int Parallelism = 20;

    // What a CNI plugin can't be less than: a process that takes its standard input to a socket and the answer to its output.
    private const string PassThrough = """
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>
        int main(int argc, char **argv)
        {
            char buffer[65536];
            struct sockaddr_un to = { .sun_family = AF_UNIX };
            int agent = socket(AF_UNIX, SOCK_STREAM, 0);
            strncpy(to.sun_path, argv[1], sizeof to.sun_path - 1);
            if (connect(agent, (struct sockaddr *)&to, sizeof to) < 0) return 1;
            ssize_t n = read(0, buffer, sizeof buffer);
            if (write(agent, buffer, n) != n || (n = read(agent, buffer, sizeof buffer)) < 0) return 1;
            return write(1, buffer, n) != n;
        }
        """;

    public static async Task RunAsync(Results results, int rounds)
    {
        using var pods = new PodNamespaces();
        using var fabric = new FabricNode();
        using var raw = await RawNode.StartAsync();
        var program = Path.Combine(fabric.Calls("pass-through"), "pass-through");
        await File.WriteAllTextAsync(program + ".c", PassThrough);
        LabCommand.Run("gcc", "-O2", "-o", program, program + ".c");
        fabric.StartAgent();
        // Taken first, so that both sides find all their namespaces made.
        LabNamespace[] mine = [.. Enumerable.Range(0, Pods).Select(_ => pods.Take())];
        LabNamespace[] bare = [.. Enumerable.Range(0, Pods).Select(_ => pods.Take())];
        Samples total = new(), each = new(), floor = new();
        for (var round = -1; round < rounds; round++)
        {
            var adds = AddAll(fabric, mine, round, out var elapsed);
            var least = await FloorAsync(raw, program, fabric.Calls("pass-through"), bare);
            Parallel.For(0, Pods, new ParallelOptions { MaxDegreeOfParallelism = Parallelism },
                i => fabric.Cni.Del($"burst{round + 1}-{i}", mine[i]));
            for (var i = 0; i < Pods; i++)
                await raw.DetachAsync(i);
            Results.Progress($"burst {round + 1}: {elapsed.TotalMilliseconds:0} ms, floor {least.TotalMilliseconds:0} ms");
            if (round < 0)
                continue;
            total.Add(elapsed);
            floor.Add(least);
            foreach (var add in adds)
                each.Add(add);
        }
        results.Add(ResultRow.Times($"{Pods} pods attached, {Parallelism} in parallel", total, floor,
            "one OVSDB transaction of 100 ports + 100 raw netlink attaches + 100 runs of a C pass-through, one after the other", 1.5));
        results.Add(new ResultRow("  p99 of one ADD in it", "ms", each.P99.TotalMilliseconds, null, null, "", 300));
    }

    private static TimeSpan[] AddAll(FabricNode fabric, LabNamespace[] pods, int round, out TimeSpan elapsed)
    {
        var each = new TimeSpan[pods.Length];
        var next = -1;
        var start = Stopwatch.GetTimestamp();
        // Threads of our own: the pool would bring them up one by one.
        var threads = Enumerable.Range(0, Parallelism).Select(_ => new Thread(() =>
        {
            for (var i = Interlocked.Increment(ref next); i < pods.Length; i = Interlocked.Increment(ref next))
                each[i] = fabric.Cni.Add($"burst{round + 1}-{i}", pods[i]);
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        elapsed = Stopwatch.GetElapsedTime(start);
        return each;
    }

    private static async Task<TimeSpan> FloorAsync(RawNode raw, string program, string folder, LabNamespace[] pods)
    {
        var path = Path.Combine(folder, "echo.sock");
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(128);
        var echo = new Thread(() =>
        {
            var buffer = new byte[65536];
            for (var i = 0; i < pods.Length; i++)
            {
                using var peer = listener.Accept();
                peer.Send(buffer.AsSpan(0, peer.Receive(buffer)));
            }
        });
        echo.Start();
        var input = Path.Combine(folder, "in");
        await File.WriteAllTextAsync(input, new string('x', 600));
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < pods.Length; i++)
        {
            ChildProcess.Run(program, new Dictionary<string, string>(), input, Path.Combine(folder, "out"), path);
            raw.Link(i, pods[i]);
        }
        await raw.AddPortsAsync([.. Enumerable.Range(0, pods.Length)]);
        var elapsed = Stopwatch.GetElapsedTime(start);
        echo.Join();
        return elapsed;
    }
}
