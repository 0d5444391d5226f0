using System.Collections.Immutable;
using System.Net;
using Fabric.Cluster;
using Fabric.Messages;
using Microsoft.Extensions.Logging;

namespace Fabric.Node.Tests;

/// <summary>From texts to options: where they come from, what they are by default, and what is said of mistakes.</summary>
public sealed class NodeOptionsTests
{
    private static readonly Dictionary<string, string> None = [];

    [Fact]
    public void Without_any_option_everything_has_its_documented_default()
    {
        var options = Good();

        Assert.Equal(("host-a", "/var/lib/fabric", "default"), (options.NodeName.Value, options.StateDir, options.ClusterName));
        Assert.Equal("/var/lib/fabric/cluster.db", Assert.IsType<ClusterStoreUri.Sqlite>(options.ClusterStore).Path);
        Assert.Equal(Cidr.Parse("10.244.0.0/16"), Assert.Single(options.ClusterCidrs));
        Assert.Equal((24, 64), (options.NodePrefixLength, options.NodePrefixLengthV6));
        Assert.Equal((OverlayKind.Vxlan, 4789, new Vni(1), (int?)null), (options.Overlay, options.OverlayPort, options.Vni, options.MtuBytes));
        Assert.Equal(("br-fabric", "system"), (options.Bridge.Value, options.DatapathType));
        Assert.Equal(("unix:/var/run/openvswitch/db.sock", "/var/run/openvswitch"), (options.OvsDb, options.OvsRunDir));
        Assert.Equal(("/run/fabric/cni.sock", "/run/fabric/admin.sock"), (options.CniSocket, options.AdminSocket));
        Assert.Equal(((IPEndPoint?)null, IPEndPoint.Parse("127.0.0.1:9440")), (options.MetricsAddress, options.HealthAddress));
        Assert.Equal((TimeSpan.FromSeconds(10), (TimeSpan?)null, TimeSpan.FromMinutes(10)),
            (options.LeaseDuration, options.RemovalAfter, options.Quarantine));
        Assert.Equal((true, false, LogLevel.Information), (options.RepairsDrift, options.UsesBfd, options.LogLevel));
        Assert.Empty(options.UnderlayAddresses);
        Assert.Empty(options.NoMasqueradeCidrs);
    }

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        var errors = new List<string>();
        var raw = RawOptions.Merge(
            new Dictionary<string, string> { ["vni"] = "7" },
            new Dictionary<string, string> { ["FABRIC_VNI"] = "8", ["FABRIC_BRIDGE"] = "br-env", ["PATH"] = "/bin" },
            new Dictionary<string, string> { ["vni"] = "9", ["bridge"] = "br-file", ["overlay"] = "geneve" }, "/etc/fabric.yaml", errors);
        var options = new NodeOptionsCheck(raw, errors).Run("host-a");

        Assert.Empty(errors);
        Assert.Equal((7u, "br-env", OverlayKind.Geneve, 6081),
            (options!.Vni.Value, options.Bridge.Value, options.Overlay, options.OverlayPort));
    }

    [Theory]
    [InlineData("node-name", "UPPER_case", "--node-name: ")]
    [InlineData("state-dir", "here", "--state-dir: 'here' must be an absolute path")]
    [InlineData("cluster-store", "ftp://x", "--cluster-store: ")]
    [InlineData("cluster-name", "a/b", "--cluster-name: 'a/b' may hold only letters, digits, '_', '.' and '-'")]
    [InlineData("cluster-cidr", "", "--cluster-cidr: at least one CIDR is needed, for example 10.244.0.0/16")]
    [InlineData("cluster-cidr", "10.244.0.1/16", "--cluster-cidr: '10.244.0.1/16' is not a CIDR; write ADDRESS/PREFIX with the host bits zero")]
    [InlineData("cluster-cidr", "10.1.0.0/16,10.2.0.0/16", "--cluster-cidr: 2 IPv4 CIDRs; one of each family can be used")]
    [InlineData("cluster-cidr", "10.96.0.0/16", "--cluster-cidr 10.96.0.0/16 and --service-cidr 10.96.0.0/12 overlap")]
    [InlineData("node-prefix-length", "16", "--node-prefix-length: /16 blocks do not fit into --cluster-cidr 10.244.0.0/16")]
    [InlineData("node-prefix-length", "31", "--node-prefix-length: '31' is not a number from 8 to 30")]
    [InlineData("underlay-address", "10.244.3.4", "--underlay-address: 10.244.3.4 lies in --cluster-cidr")]
    [InlineData("underlay-address", "host", "--underlay-address: 'host' is not an IP address")]
    [InlineData("underlay-address", "192.0.2.1,192.0.2.2", "--underlay-address: at most one IPv4 and one IPv6 address")]
    [InlineData("overlay", "stt", "--overlay: 'stt' is none of vxlan, geneve, gre")]
    [InlineData("overlay-port", "0", "--overlay-port: '0' is not a number from 1 to 65535")]
    [InlineData("vni", "16777216", "--vni: '16777216' is not a number from 1 to 16777215")]
    [InlineData("vni", "-1", "--vni: '-1' is not a number from 1 to 16777215")]
    [InlineData("mtu", "huge", "--mtu: 'huge' is not a number from 576 to 65535")]
    [InlineData("bridge", "a-name-that-is-too-long", "--bridge: ")]
    [InlineData("ovs-db", "tcp:127.0.0.1:6640", "--ovs-db: 'tcp:127.0.0.1:6640' must be unix: and an absolute path")]
    [InlineData("ovs-db", "unix:db.sock", "--ovs-db: 'unix:db.sock' must be unix: and an absolute path")]
    [InlineData("datapath-type", "dpdk", "--datapath-type: 'dpdk' is none of system, netdev")]
    [InlineData("cni-socket", "cni.sock", "--cni-socket: 'cni.sock' must be an absolute path")]
    [InlineData("metrics-address", "9090", "--metrics-address: '9090' is not ADDRESS:PORT or off")]
    [InlineData("health-address", "127.0.0.1:0", "--health-address: '127.0.0.1:0' is not ADDRESS:PORT or off")]
    [InlineData("lease-duration", "10", "--lease-duration: '10' is not a time from 1s to 600s, like 500ms, 10s or 5m")]
    [InlineData("lease-duration", "500ms", "--lease-duration: '500ms' is not a time from 1s to 600s")]
    [InlineData("quarantine", "99999999999999h", "--quarantine: '99999999999999h' is not a time from 0s to 86400s")]
    [InlineData("quarantine", "", "--quarantine: '' is not a time from 0s to 86400s")]
    [InlineData("removal-after", "20s", "--removal-after: 20s is less than three times --lease-duration 10s")]
    [InlineData("drift", "ignore", "--drift: 'ignore' is none of repair, report")]
    [InlineData("bfd", "yes", "--bfd: 'yes' is none of on, off")]
    [InlineData("log-level", "99", "--log-level: '99' is none of trace, debug, information, warning, error, critical")]
    [InlineData("log-level", "none", "--log-level: 'none' is none of trace")]
    public void A_wrong_value_is_named_with_what_would_be_right(string option, string value, string message) =>
        Assert.Contains(Errors((option, value)), e => e.StartsWith(message, StringComparison.Ordinal));

    [Fact]
    public void A_socket_path_that_no_socket_can_have_is_refused_with_its_length() => Assert.Contains(
        "--cni-socket: the path of a unix socket has at most 107 bytes, this one 109", Errors(("cni-socket", "/" + new string('x', 108))));

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        Assert.Contains("--overlay-port: GRE has no port", Errors(("overlay", "gre"), ("overlay-port", "4789")));
        Assert.Contains("--vni: 16777215 is the VNI of BFD's packets; choose another one, or --bfd off", Errors(("bfd", "on"), ("vni", "16777215")));
        Assert.NotNull(Check([("vni", "16777215")]).Options);
    }

    [Fact]
    public void All_mistakes_are_named_at_once()
    {
        var errors = Errors(("vni", "x"), ("mtu", "1"), ("drift", "?"));

        Assert.Equal(["--vni", "--mtu", "--drift"], errors.Select(e => e.Split(':')[0]));
    }

    [Fact]
    public void Keys_and_variables_that_are_no_options_are_typing_errors()
    {
        var errors = new List<string>();
        RawOptions.Merge(None, new Dictionary<string, string> { ["FABRIC_VNIS"] = "7" }, new Dictionary<string, string> { ["vnis"] = "7" },
            "/etc/fabric.yaml", errors);

        Assert.Equal(
            ["/etc/fabric.yaml: 'vnis' is not an option; see --help", "environment: FABRIC_VNIS is not an option; see --help"], errors);
    }

    [Fact]
    public void A_mistake_names_the_variable_or_the_key_that_it_came_from()
    {
        var errors = new List<string>();
        var raw = RawOptions.Merge(None, new Dictionary<string, string> { ["FABRIC_MTU"] = "x" },
            new Dictionary<string, string> { ["vni"] = "x" }, "/etc/fabric.yaml", errors);

        Assert.Null(new NodeOptionsCheck(raw, errors).Run("host-a"));
        Assert.Equal(["vni in /etc/fabric.yaml", "FABRIC_MTU"], errors.Select(e => e.Split(':')[0]));
    }

    private static NodeOptions Good(params (string Name, string Value)[] flags)
    {
        var (options, errors) = Check(flags);
        Assert.Empty(errors);
        return options!;
    }

    private static ImmutableArray<string> Errors(params (string Name, string Value)[] flags)
    {
        var (options, errors) = Check(flags);
        Assert.Null(options);
        return errors;
    }

    private static (NodeOptions? Options, ImmutableArray<string> Errors) Check((string Name, string Value)[] flags)
    {
        var errors = new List<string>();
        var raw = RawOptions.Merge(flags.ToDictionary(f => f.Name, f => f.Value), None, None, "", errors);
        return (new NodeOptionsCheck(raw, errors).Run("host-a"), [.. errors]);
    }
}
