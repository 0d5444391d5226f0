using System.Net;
using System.Text;

namespace Fabric.Demo;

/// <summary>Who reaches whom, tried and printed.</summary>
internal sealed class Reachability(Report report, CancellationToken cancellationToken)
{
    private const int Column = 9;

    private ushort _sequence;

    /// <summary>One ping and one TCP connection from every pod to every other, without a second try.</summary>
    public async Task AllToAllAsync(IReadOnlyList<Pod> pods)
    {
        var rows = new StringBuilder();
        rows.Append("from \\ to".PadRight(Column + 1));
        foreach (var to in pods)
            rows.Append(to.Name.PadLeft(Column - 2).PadRight(Column));
        EndRow(rows);
        int pings = 0, connections = 0, seen = 0;
        await report.DoAsync($"{pods.Count * (pods.Count - 1)} pings and as many TCP connections of 64 KiB each way", async () =>
        {
            foreach (var from in pods)
            {
                using var echo = Echo.Open(from.Net.Inside);
                rows.Append(from.Name.PadRight(Column + 1));
                foreach (var to in pods)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (from == to)
                    {
                        rows.Append("·".PadLeft(Column - 4).PadRight(Column));
                        continue;
                    }

                    var time = echo.Once(to.Address, _sequence++);
                    var source = await TcpEcho.CallAsync(from.Net.Inside, to.Address, cancellationToken);
                    pings += time is null ? 0 : 1;
                    connections += source is null ? 0 : 1;
                    seen += from.Address.Equals(source) ? 1 : 0;
                    rows.Append(Cell(time, source is not null));
                }

                EndRow(rows);
            }
        });
        report.Block(rows.ToString());
        var all = pods.Count * (pods.Count - 1);
        report.Expect(pings == all, $"ping: {pings} of {all} answered, the first packet included (milliseconds above)");
        report.Expect(connections == all, $"TCP: {connections} of {all} connected and got their 64 KiB back (✓ above)");
        report.Expect(seen == all, $"{seen} of {all} servers saw the client pod's own address");
    }

    /// <summary>From every pod to its gateway, its node, another node and a host outside; and from the node to the pod.</summary>
    public async Task ToHostsAsync(IReadOnlyList<Pod> pods, IReadOnlyList<Node> nodes, Wire wire)
    {
        var rows = new StringBuilder($"{"pod",-8}{"address",-15}{"gateway",-19}{"its node",-20}{"another node",-20}outside\n");
        var good = 0;
        var masqueraded = 0;
        await report.DoAsync("from each pod to gateway, nodes and a host outside", async () =>
        {
            foreach (var pod in pods)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var echo = Echo.Open(pod.Net.Inside);
                var other = nodes.First(n => n != pod.Node);
                var gateway = echo.Once(pod.Gateway, _sequence++);
                var host = echo.Once(pod.Node.Address, _sequence++);
                var far = echo.Once(other.Address, _sequence++);
                var outside = echo.Once(wire.Outside, _sequence++);
                var source = await TcpEcho.CallAsync(pod.Net.Inside, wire.Outside, cancellationToken);
                var ok = new[] { gateway, host, far, outside }.All(t => t is not null);
                good += ok ? 1 : 0;
                masqueraded += pod.Node.Address.Equals(source) ? 1 : 0;
                rows.Append($"{pod.Name,-8}{pod.Address,-15}{To(pod.Gateway, gateway),-19}{To(pod.Node.Address, host),-20}"
                    + $"{To(other.Address, far),-20}{Cell(outside, source is not null).Trim()}\n");
            }
        });
        report.Block(rows.ToString());
        report.Expect(good == pods.Count, $"{good} of {pods.Count} pods reach gateway, nodes and outside");
        report.Expect(masqueraded == pods.Count, $"outside ({wire.Outside}) sees {masqueraded} of {pods.Count} under their node's address");
        FromNodes(pods, nodes);
    }

    private void FromNodes(IReadOnlyList<Pod> pods, IReadOnlyList<Node> nodes)
    {
        var answered = 0;
        foreach (var node in nodes)
        {
            using var echo = Echo.Open(node.Net.Inside);
            answered += pods.Count(p => echo.Once(p.Address, _sequence++) is not null);
        }

        var all = pods.Count * nodes.Count;
        report.Expect(answered == all, $"from the nodes to the pods: {answered} of {all} pings answered");
    }

    private static void EndRow(StringBuilder rows)
    {
        while (rows[^1] == ' ')
            rows.Length--;
        rows.Append('\n');
    }

    private static string To(IPAddress address, TimeSpan? time) => $"{address} {Milliseconds(time)}";

    private static string Cell(TimeSpan? time, bool connected) =>
        $"{Milliseconds(time).PadLeft(Column - 4)} {(connected ? '✓' : '✗')}".PadRight(Column);

    private static string Milliseconds(TimeSpan? time) => time switch
    {
        null => "✗",
        { TotalMilliseconds: < 10 } t => $"{t.TotalMilliseconds:0.00}",
        { TotalMilliseconds: < 100 } t => $"{t.TotalMilliseconds:0.0}",
        { } t => $"{t.TotalMilliseconds:0}",
    };
}
