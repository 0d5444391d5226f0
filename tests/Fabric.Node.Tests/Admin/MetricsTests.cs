using System.Net;
using System.Text.RegularExpressions;
using Fabric.Actors;

namespace Fabric.Node.Tests;

public sealed partial class MetricsTests
{
    private const string Name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    private const string LabelPair = """[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*""" + "\"";

    [Fact]
    public async Task Every_line_of_a_scrape_follows_the_grammar_and_families_are_whole()
    {
        await using var admin = await RunningAdmin.StartAsync();
        admin.Node.WatchesPath("down");
        var metrics = new NodeMetrics("0.1.0");
        metrics.CniAnswered("ADD", 0, TimeSpan.FromMilliseconds(7));
        metrics.CniAnswered("ADD", 11, TimeSpan.FromSeconds(20));
        metrics.AppendUnknown();
        await using var server = new MetricsServer(admin.Loop, admin.Node, admin.Journal, metrics, TimeProvider.System, admin);
        await server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        using var client = new HttpClient { BaseAddress = new Uri(server.Address) };

        using var response = await client.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(PrometheusText.ContentType, response.Content.Headers.ContentType!.ToString());
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var family = "";
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            Assert.Matches(Line(), line);
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                family = line.Split(' ')[2];
            else
                Assert.StartsWith(line[0] == '#' ? $"# TYPE {family} " : family, line, StringComparison.Ordinal);
        }
        string[] expected =
        [
            "fabric_cni_requests_total{command=\"ADD\",code=\"11\"} 1", "fabric_cni_request_seconds_bucket{le=\"0.005\"} 0",
            "fabric_cni_request_seconds_bucket{le=\"0.01\"} 1", "fabric_cni_request_seconds_bucket{le=\"+Inf\"} 2",
            "fabric_cni_request_seconds_count 2", "fabric_ports{stage=\"ready\"} 1", "fabric_ports{stage=\"plumbing\"} 0",
            "fabric_pool_addresses{pool=\"pods-v4\",state=\"used\"} 2", "fabric_flows_programmed 2",
            "fabric_reconcile_lag_events 1", "fabric_switch_connected 1", "fabric_journal_appends_unknown_total 1",
            "fabric_members{state=\"up\"} 1", "fabric_members{state=\"unreachable\"} 1", "fabric_members{state=\"down\"} 0",
            "fabric_singleton_holder 0", "fabric_pod_cidr_blocks{cluster_cidr=\"10.244.0.0/16\",state=\"total\"} 256",
            "fabric_pod_cidr_blocks{cluster_cidr=\"10.244.0.0/16\",state=\"assigned\"} 2",
            "fabric_pod_cidr_blocks{cluster_cidr=\"10.244.0.0/16\",state=\"resting\"} 1", "fabric_cluster_streams_stalled 0",
            "fabric_attachments_stranded 0", "fabric_peers 1", "fabric_peer_path_up{peer=\"node-b\"} 0", "fabric_ready 1", "fabric_drift_found_total 0", "fabric_build_info{version=\"0.1.0\"} 1",
        ];
        Assert.All(expected, line => Assert.Contains($"\n{line}\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Label_values_and_help_are_escaped()
    {
        var counter = new Counter("a_total", "one\\two\nthree \"four\"", "path");
        counter.Add("a\"b\\c\nd");

        Assert.Equal(
            """
            # HELP a_total one\\two\nthree "four"
            # TYPE a_total counter
            a_total{path="a\"b\\c\nd"} 1

            """, PrometheusText.Write([counter]));
    }

    [Theory]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("")]
    public void A_name_outside_the_grammar_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new Gauge(name, "x"));

    [Fact]
    public async Task A_scrape_is_answered_while_the_event_loop_is_stuck()
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var release = new ManualResetEventSlim();
        admin.Loop.Post(_ => release.Wait(), null);
        await using var server = new MetricsServer(
            admin.Loop, admin.Node, admin.Journal, new NodeMetrics("0.1.0"), TimeProvider.System, admin);
        await server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        using var client = new HttpClient { BaseAddress = new Uri(server.Address) };

        var text = await client.GetStringAsync("/metrics");
        release.Set();

        Assert.Contains("\nfabric_event_loop_responding 0\n", text, StringComparison.Ordinal);
        Assert.Contains("\nfabric_ready 0\n", text, StringComparison.Ordinal);
    }

    [GeneratedRegex("^(# HELP " + Name + " .*|# TYPE " + Name + " (counter|gauge|histogram)|"
        + Name + @"(\{" + LabelPair + "(," + LabelPair + @")*\})? (-?[0-9.]+(E[+-]?[0-9]+)?|NaN|[+-]Inf))$")]
    private static partial Regex Line();
}
