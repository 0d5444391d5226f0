using System.Text;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Node.Tests.Cni;

/// <summary>From a frame to a request or a precise error.</summary>
public sealed class CniRequestTests
{
    private static readonly CorrelationId Id = new("cni-1");

    private const string Minimal = """{"cniVersion":"1.0.0","name":"pods","type":"fabric-cni"}""";

    private static CniRequestFrame Frame(string stdin = Minimal, string command = "ADD", string args = "") => new(
        command, "c0ffee", "/run/netns/x", "eth0", args, "/opt/cni/bin", CniNetNs.Attached, Encoding.UTF8.GetBytes(stdin));

    private static string With(string members, string version = "1.0.0") =>
        $"{{\"cniVersion\":\"{version}\",\"name\":\"pods\",\"type\":\"fabric-cni\",{members}}}";

    private static CniRequest Ok(CniRequestFrame frame) => Assert.IsType<CniParse.Parsed>(CniRequest.Parse(frame, Id)).Request;

    private static CniParse.Failed Bad(CniRequestFrame frame) => Assert.IsType<CniParse.Failed>(CniRequest.Parse(frame, Id));

    [Fact]
    public void A_minimal_add_is_read()
    {
        var request = Ok(Frame());
        Assert.Equal(CniCommand.Add, request.Command);
        Assert.Equal(AttachmentId.Parse("c0ffee/eth0"), request.Attachment);
        Assert.Equal("1.0.0", request.Configuration.CniVersion);
        Assert.Equal(new NetworkName("pods"), request.Configuration.Network);
        Assert.Equal(0, request.Configuration.MtuBytes);
        Assert.Null(request.Configuration.Ipam);
        Assert.Null(request.Configuration.Mac);
        Assert.Null(request.Configuration.PrevResult);
        Assert.Null(request.Args.Pod);
        Assert.Equal(Minimal, Encoding.UTF8.GetString(request.Configuration.Raw.Span));
    }

    [Theory]
    [InlineData("\"mtu\":0", null)]
    [InlineData("\"network\":\"\"", null)]
    [InlineData("\"network\":null", null)]
    [InlineData("\"network\":\"default\"", null)]
    [InlineData("\"network\":\"blue\"", "blue")]
    [InlineData("\"network\":\"blue\",\"ipam\":{}", "blue")]
    public void The_virtual_network_is_the_key_network_and_absent_it_is_the_default_one(string members, string? network) =>
        Assert.Equal(network, Ok(Frame(With(members))).Configuration.VirtualNetwork?.Value);

    [Theory]
    [InlineData("\"network\":7", "network = 7")]
    [InlineData("\"network\":\"a b\"", "network = \"a b\"")]
    [InlineData("\"network\":\"blue\",\"ipam\":{\"type\":\"host-local\"}", "ipam.type = \"host-local\"")]
    public void A_virtual_network_that_cannot_be_one_is_refused(string members, string named)
    {
        var error = Bad(Frame(With(members))).Error;
        Assert.Equal(CniErrorCode.InvalidConfiguration, error.Code);
        Assert.StartsWith(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_add_is_read_and_unknown_keys_are_ignored()
    {
        var request = Ok(Frame(
            With("""
                "mtu":1400,"agentSocket":"/run/x.sock","ipam":{"type":"host-local","subnet":"10.0.0.0/24"},"whatever":[1],
                "runtimeConfig":{"mac":"02:00:00:00:00:07","ips":["10.0.0.7/24","fd00::7"],"portMappings":[]},
                "dns":{"nameservers":["10.96.0.10"]},"prevResult":{"cniVersion":"1.0.0","interfaces":[{"name":"lo"}]}
                """),
            args: "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;K8S_POD_INFRA_CONTAINER_ID=c0ffee;K8S_POD_UID=u-1"));
        var configuration = request.Configuration;
        Assert.Equal(1400, configuration.MtuBytes);
        Assert.Equal("/run/x.sock", configuration.AgentSocket);
        Assert.Equal(new CniIpam("host-local", """{"type":"host-local","subnet":"10.0.0.0/24"}"""), configuration.Ipam);
        Assert.Equal("02:00:00:00:00:07", configuration.Mac.ToString());
        Assert.Equal(["10.0.0.7", "fd00::7"], configuration.Ips.Select(i => i.ToString()));
        Assert.Equal("10.96.0.10", Assert.Single(configuration.Dns.Nameservers));
        Assert.Equal("lo", Assert.Single(configuration.PrevResult!.Interfaces).Name);
        Assert.Equal(new PodRef("shop", "web-0", "u-1"), request.Args.Pod);
        Assert.Equal("c0ffee", request.Args.InfraContainerId);
    }

    [Theory]
    [InlineData("02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03", "02:00:00:00:00:01")]
    [InlineData("", "02:00:00:00:00:02", "02:00:00:00:00:03", "02:00:00:00:00:02")]
    [InlineData("", "", "02:00:00:00:00:03", "02:00:00:00:00:03")]
    [InlineData("", "", "", null)]
    public void The_mac_of_the_runtime_wins_over_cni_args_over_args_cni(string runtime, string args, string argsCni, string? expected)
    {
        var json = With($$$"""
            "runtimeConfig":{"mac":"{{{runtime}}}"},"args":{"cni":{"MAC":"{{{argsCni}}}"}}
            """);
        Assert.Equal(expected, Ok(Frame(json, args: "MAC=" + args)).Configuration.Mac?.ToString());
    }

    [Fact]
    public void Addresses_follow_the_same_order()
    {
        const string argsCni = "\"args\":{\"cni\":{\"ips\":[\"10.0.0.3\"]}}";
        Assert.Equal("10.0.0.1", Ok(Frame(With(argsCni + ",\"runtimeConfig\":{\"ips\":[\"10.0.0.1\"]}"), args: "IP=10.0.0.2")).Configuration.Ips.Single().ToString());
        Assert.Equal("10.0.0.2", Ok(Frame(With(argsCni), args: "IP=10.0.0.2")).Configuration.Ips.Single().ToString());
        Assert.Equal("10.0.0.3", Ok(Frame(With(argsCni))).Configuration.Ips.Single().ToString());
    }

    [Fact]
    public void Values_under_args_cni_that_are_not_strings_are_ignored() =>
        Assert.Null(Ok(Frame(With("\"args\":{\"cni\":{\"mac\":7,\"labels\":[{}]}}"))).Configuration.Mac);

    [Theory]
    [InlineData("")]
    [InlineData("FOO=BAR")]
    [InlineData("IgnoreUnknown=1;FOO=BAR")]
    [InlineData(";K8S_POD_NAME=x;;")]
    [InlineData("FOO=a=b")]
    public void Unknown_keys_of_cni_args_are_ignored_with_or_without_ignore_unknown(string args) => Ok(Frame(args: args));

    [Theory]
    [InlineData("FOO", "invalid environment: CNI_ARGS holds 'FOO', which is not KEY=VALUE")]
    [InlineData("=x", "invalid environment: CNI_ARGS holds '=x', which is not KEY=VALUE")]
    [InlineData("MAC=01:00:00:00:00:01",
        "invalid environment: CNI_ARGS: MAC '01:00:00:00:00:01' must be a unicast MAC address like 02:00:00:00:00:01")]
    [InlineData("IP=nine", "invalid environment: CNI_ARGS: IP 'nine' must be an IP address, with or without a prefix length")]
    public void Broken_cni_args_are_error_4(string args, string message) => AssertError(Frame(args: args), 4, message);

    [Theory]
    [InlineData("ADD")]
    [InlineData("CHECK")]
    public void Without_a_descriptor_there_is_no_namespace_to_work_in(string command) => AssertError(
        Frame(command: command) with { NetNs = CniNetNs.Unopenable }, 4, "invalid environment: CNI_NETNS '/run/netns/x' can't be opened");

    [Fact]
    public void A_second_del_without_namespace_and_prev_result_is_read()
    {
        var request = Ok(Frame(command: "DEL") with { NetNs = CniNetNs.NotGiven, NetNsPath = "" });
        Assert.Equal((CniCommand.Del, CniNetNs.NotGiven), (request.Command, request.NetNs));
    }

    [Fact]
    public void A_del_does_not_fail_on_a_prev_result_that_can_not_be_read() =>
        Assert.Null(Ok(Frame(With("\"prevResult\":{\"ips\":7}"), "DEL")).Configuration.PrevResult);

    [Theory]
    [InlineData("", "invalid environment: CNI_COMMAND is missing")]
    [InlineData("VERSION", "invalid environment: CNI_COMMAND VERSION is answered by the binary")]
    [InlineData("FROB", "invalid environment: CNI_COMMAND 'FROB' is none of ADD, DEL, CHECK, GC, STATUS, VERSION")]
    public void A_command_that_is_not_the_agents_is_error_4(string command, string message) =>
        AssertError(Frame(command: command), 4, message);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"\\ud800\"}")]
    [InlineData("{\"cniVersion\":\"1.0.0\",}")]
    public void What_is_no_json_object_is_error_6(string stdin) => Assert.Equal(CniErrorCode.Undecodable, Bad(Frame(stdin)).Error.Code);

    [Fact]
    public void Bytes_that_are_not_utf_8_are_error_6()
    {
        var frame = Frame() with { Stdin = new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}' } };
        Assert.Equal(CniErrorCode.Undecodable, Bad(frame).Error.Code);
    }

    [Theory]
    [InlineData("""{"name":"pods","type":"t"}""", "cniVersion is missing, which means 0.1.0; ")]
    [InlineData("""{"cniVersion":"0.2.0","name":"pods","type":"t"}""", "cniVersion '0.2.0' is not supported; ")]
    [InlineData("""{"cniVersion":"2.0.0","cniVersions":["2.0.0","0.1.0"],"name":"pods","type":"t"}""", "cniVersion '2.0.0' is not supported; ")]
    public void A_version_that_is_not_spoken_is_error_1(string stdin, string message)
    {
        var failed = Bad(Frame(stdin));
        Assert.Equal(CniErrorCode.IncompatibleVersion, failed.Error.Code);
        Assert.StartsWith(message, failed.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.0.0", "[\"0.4.0\",\"1.1.0\"]", "1.0.0")]
    [InlineData("2.0.0", "[\"0.4.0\",\"1.1.0\",\"2.0.0\",\"1.0.0\"]", "1.1.0")]
    [InlineData("", "[\"0.3.1\",\"0.2.0\"]", "0.3.1")]
    public void The_settled_version_counts_and_else_the_highest_supported_of_the_list(string version, string versions, string expected) =>
        Assert.Equal(expected, Ok(Frame(With($"\"cniVersions\":{versions}", version))).Configuration.CniVersion);

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","type":"t"}""", "name is missing: it must be the network's name")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a b","type":"t"}""",
        "name = \"a b\" is invalid: it must be letters, digits, '_', '.' and '-', at most 255, a letter or digit first")]
    [InlineData("""{"cniVersion":"1.0.0","name":7,"type":"t"}""", "name = 7 is invalid: it must be a string")]
    [InlineData("""{"cniVersion":"1.0.0","name":"pods"}""", "type is missing: it must be the plugin's file name")]
    [InlineData("""{"cniVersion":1,"name":"pods","type":"t"}""", "cniVersion = 1 is invalid: it must be a string")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","mtu":-1}""", "mtu = -1 is invalid: it must be an integer from 0 to 65535")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","mtu":"1400"}""",
        "mtu = \"1400\" is invalid: it must be an integer from 0 to 65535")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","mtu":1400.5}""",
        "mtu = 1400.5 is invalid: it must be an integer from 0 to 65535")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","mtu":67}""",
        "mtu = 67 is invalid: it must be 0 (the fabric's) or an integer from 68 to 65535")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","ipam":[]}""", "ipam = [] is invalid: it must be an object")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","ipam":{"subnet":"x"}}""",
        "ipam.type is missing: it must be an IPAM plugin's file name")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","ipam":{"type":"../x"}}""",
        "ipam.type = \"../x\" is invalid: it must be a file name without '/'")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","runtimeConfig":{"mac":"x"}}""",
        "runtimeConfig.mac = \"x\" is invalid: it must be a unicast MAC address like 02:00:00:00:00:01")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","args":{"cni":{"mac":"ff:ff:ff:ff:ff:ff"}}}""",
        "args.cni.mac = \"ff:ff:ff:ff:ff:ff\" is invalid: it must be a unicast MAC address like 02:00:00:00:00:01")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","runtimeConfig":{"ips":["x"]}}""",
        "runtimeConfig.ips = \"x\" is invalid: it must be IP addresses, with or without a prefix length")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","dns":{"nameservers":"x"}}""",
        "dns.nameservers = \"x\" is invalid: it must be a list")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","prevResult":{"ips":[{"address":"x"}]}}""",
        "prevResult.ips.address = \"x\" is invalid: it must be ADDRESS/PREFIX")]
    [InlineData("""{"cniVersion":"1.0.0","name":"p","type":"t","prevResult":7}""", "prevResult = 7 is invalid: it must be an object")]
    public void A_wrong_key_is_error_7_and_named(string stdin, string message) => AssertError(Frame(stdin), 7, message);

    [Fact]
    public void A_check_needs_the_result_of_its_add() => AssertError(
        Frame(command: "CHECK"), 7, "prevResult is missing: it must be the result of this attachment's ADD");

    [Theory]
    [InlineData("\"ipam\":{}")]
    [InlineData("\"ipam\":null")]
    [InlineData("\"ipam\":{\"type\":\"\"}")]
    public void No_ipam_means_that_fabric_assigns(string members) => Assert.Null(Ok(Frame(With(members))).Configuration.Ipam);

    [Fact]
    public void Gc_reads_what_is_still_valid()
    {
        var json = With("\"cni.dev/valid-attachments\":[{\"containerID\":\"a\",\"ifname\":\"eth0\"},{\"containerID\":\"b\",\"ifname\":\"net1\"}]");
        var request = Ok(Frame(json, "GC"));
        Assert.Null(request.Attachment);
        Assert.Equal(["a/eth0", "b/net1"], request.ValidAttachments.Select(a => a.ToString()));
        Assert.Empty(Ok(Frame(With("\"cni.dev/valid-attachments\":[]"), "GC")).ValidAttachments);
    }

    [Theory]
    [InlineData("\"x\":1", "cni.dev/valid-attachments is missing: it must be the list of the attachments to keep, [] for none")]
    [InlineData("\"cni.dev/valid-attachments\":null",
        "cni.dev/valid-attachments = null is invalid: it must be the list of the attachments to keep, [] for none")]
    [InlineData("\"cni.dev/valid-attachments\":[{\"containerID\":\"\",\"ifname\":\"eth0\"}]",
        "cni.dev/valid-attachments = {\"containerID\":\"\",\"ifname\":\"eth0\"} is invalid: it must be a list of {\"containerID\": …, \"ifname\": …}")]
    [InlineData("\"cni.dev/valid-attachments\":[7]",
        "cni.dev/valid-attachments = 7 is invalid: it must be a list of {\"containerID\": …, \"ifname\": …}")]
    public void A_gc_without_a_sound_list_is_refused(string members, string message) => AssertError(Frame(With(members), "GC"), 7, message);

    [Fact]
    public void Status_needs_neither_container_nor_interface()
    {
        var frame = Frame(command: "STATUS") with { ContainerId = "", IfName = "", NetNsPath = "", NetNs = CniNetNs.NotGiven, Path = "" };
        Assert.Equal((CniCommand.Status, null), (Ok(frame).Command, Ok(frame).Attachment));
    }

    [Fact]
    public void Errors_are_written_in_the_version_of_the_call()
    {
        Assert.Equal("0.4.0", Bad(Frame("""{"cniVersion":"0.4.0"}""")).CniVersion);
        Assert.Equal("0.4.0", Bad(Frame("""{"cniVersion":"0.4.0"}""", "FROB")).CniVersion);
    }

    [Fact]
    public void Random_input_is_judged_and_never_throws() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<string>(), (bytes, text) =>
        {
            foreach (var command in (string[])["ADD", "DEL", "CHECK", "GC", "STATUS"])
            {
                _ = CniRequest.Parse(Frame(command: command) with { Stdin = bytes }, Id);
                _ = CniRequest.Parse(Frame(command: command, args: text ?? ""), Id);
            }
        }).QuickCheckThrowOnFailure();

    private static void AssertError(CniRequestFrame frame, int code, string message)
    {
        var error = Bad(frame).Error;
        Assert.Equal((code, message, "correlation cni-1"), ((int)error.Code, error.Message, error.Details));
    }
}
