using System.Diagnostics;
using System.Net;
using Fabric.Lab;

namespace Fabric.Demo;

/// <summary>Three members of etcd at the wire between the nodes, so that their traffic stays inside the demo's namespaces.</summary>
internal static class Etcd
{
    private const int ClientPort = 2379;
    private const int PeerPort = 2380;

    private static readonly IReadOnlyList<IPAddress> Members = [.. Enumerable.Range(201, 3).Select(Wire.AddressOf)];

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);

    /// <summary>What the agents are given.</summary>
    public static string Uri => $"etcd://{string.Join(',', Members.Select(m => $"{m}:{ClientPort}"))}";

    private static string Folder => Path.Combine(Places.Folder, "etcd");

    /// <summary>Starts the members; they have a leader when this completes.</summary>
    public static async Task StartAsync(Wire wire, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        var processes = new List<Process>();
        foreach (var (index, address) in Members.Index())
        {
            wire.AddAddress(address);
            processes.Add(Start(wire.Net, $"etcd{index + 1}", address));
        }
        await Wait.UntilAsync(() => IsHealthy(wire.Net, processes), "etcd has a leader", ReadyWithin, cancellationToken);
    }

    // In a session of its own, so that Ctrl-C reaches the demo only.
    private static Process Start(Net net, string name, IPAddress address)
    {
        string[] command =
        [
            "ip", "netns", "exec", net.Name, "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh",
            Path.Combine(Folder, $"{name}.log"), "etcd", "--name", name, "--data-dir", Path.Combine(Folder, name), "--logger=zap",
            "--listen-client-urls", Client(address), "--advertise-client-urls", Client(address),
            "--listen-peer-urls", Peer(address), "--initial-advertise-peer-urls", Peer(address),
            "--initial-cluster", string.Join(',', Members.Select((m, i) => $"etcd{i + 1}={Peer(m)}")),
        ];
        return Process.Start(new ProcessStartInfo("setsid", command)) ?? throw new DemoException("setsid did not start");
    }

    private static bool IsHealthy(Net net, IReadOnlyList<Process> processes)
    {
        if (processes.FirstOrDefault(p => p.HasExited) is { } ended)
            throw new DemoException($"etcd ended with code {ended.ExitCode}; its log is in {Folder}");
        try
        {
            // True only with a leader.
            return Members.All(m => Health(net, m).Contains("\"health\":\"true\"", StringComparison.Ordinal));
        }
        catch (LabException)
        {
            // Not listening yet.
            return false;
        }
    }

    private static string Health(Net net, IPAddress member) => net.Run(
        ["nc", "-w", "2", $"{member}", $"{ClientPort}"], "GET /health HTTP/1.0\r\n\r\n");

    private static string Client(IPAddress address) => $"http://{address}:{ClientPort}";

    private static string Peer(IPAddress address) => $"http://{address}:{PeerPort}";
}
