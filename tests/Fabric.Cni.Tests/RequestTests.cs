using System.Globalization;
using System.Text;
using Fabric.Messages.Cni;

namespace Fabric.Cni.Tests;

/// <summary>The binary against a scripted agent: what it sends, and that it prints the answer untouched.</summary>
public sealed class RequestTests
{
    private const string Configuration = """{"cniVersion":"1.0.0","name":"pods","type":"fabric-cni","x":"é\u0000"}""";

    [Fact]
    public async Task Environment_stdin_and_the_namespaces_descriptor_arrive()
    {
        using var agent = new ScriptedAgent();
        var served = agent.ServeAsync(peer =>
        {
            var request = peer.Request();
            var fd = peer.NetNs!.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
            var target = new FileInfo("/proc/self/fd/" + fd).LinkTarget;
            peer.Send(new CniResultFrame(0, "{}"u8.ToArray()).Encode().Span);
            return (request, target);
        });

        var run = await CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), Configuration);

        var (request, target) = await served;
        Assert.Equal(new CniRun(0, "{}", ""), run);
        Assert.Equal("ADD", request.Command);
        Assert.Equal("c0ffee", request.ContainerId);
        Assert.Equal("/proc/self/ns/net", request.NetNsPath);
        Assert.Equal("eth0", request.IfName);
        Assert.Equal("IgnoreUnknown=1;K8S_POD_NAME=web-0", request.Args);
        Assert.Equal("/opt/cni/bin", request.Path);
        Assert.Equal(CniNetNs.Attached, request.NetNs);
        Assert.Equal(Configuration, Encoding.UTF8.GetString(request.Stdin.Span));
        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget, target);
    }

    [Fact]
    public async Task A_large_configuration_and_a_large_answer_pass_whole()
    {
        using var agent = new ScriptedAgent();
        var answer = new string('r', 1_000_000);
        var stdin = "{\"pad\":\"" + new string('p', 900_000) + "\"}";
        var served = agent.AnswerAsync(0, Encoding.UTF8.GetBytes(answer));

        var run = await CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), stdin);

        Assert.Equal(stdin, Encoding.UTF8.GetString((await served).Stdin.Span));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(answer, run.Stdout);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    public async Task The_agents_exit_code_and_output_are_the_binarys(int exitCode)
    {
        using var agent = new ScriptedAgent();
        var served = agent.AnswerAsync(exitCode, "answer\n"u8.ToArray());
        var run = await CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), "{}");
        await served;
        Assert.Equal(new CniRun(exitCode, "answer\n", ""), run);
    }

    [Fact]
    public async Task Undecodable_stdin_is_left_to_the_agent()
    {
        using var agent = new ScriptedAgent();
        var served = agent.AnswerAsync(1, []);
        await CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), "{not json");
        Assert.Equal("{not json", Encoding.UTF8.GetString((await served).Stdin.Span));
    }

    [Fact]
    public async Task The_configurations_socket_wins_over_the_environments()
    {
        using var agent = new ScriptedAgent();
        var served = agent.AnswerAsync(0, []);
        var environment = CniBinary.Add("/nonexistent/other.sock");
        var stdin = "{\"ipam\":{\"agentSocket\":\"/no\"},\"agent\\u0053ocket\": \"" + agent.SocketPath.Replace("/", "\\/") + "\"}";
        var run = await CniBinary.RunAsync(environment, stdin);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("ADD", (await served).Command);
    }

    [Fact]
    public async Task An_agent_that_starts_to_listen_during_the_wait_is_reached()
    {
        using var agent = new ScriptedAgent(listening: false);
        var running = CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), "{}");
        agent.Listen();
        var served = agent.AnswerAsync(0, "{}"u8.ToArray());
        Assert.Equal(0, (await running).ExitCode);
        await served;
    }

    [Theory]
    [InlineData("", CniNetNs.NotGiven)]
    [InlineData("/nonexistent/ns", CniNetNs.Unopenable)]
    [InlineData("/proc/self/ns/net", CniNetNs.Attached)]
    public async Task Del_goes_on_whatever_the_namespace(string netNs, CniNetNs expected)
    {
        using var agent = new ScriptedAgent();
        var served = agent.ServeAsync(peer =>
        {
            var request = peer.Request();
            peer.Send(new CniResultFrame(0, default).Encode().Span);
            return (request, hasDescriptor: peer.NetNs is not null);
        });
        var environment = CniBinary.With(CniBinary.Command("DEL", agent.SocketPath), ("CNI_NETNS", netNs));
        var run = await CniBinary.RunAsync(environment, "{}");
        var (request, hasDescriptor) = await served;
        Assert.Equal(new CniRun(0, "", ""), run);
        Assert.Equal(expected, request.NetNs);
        Assert.Equal(expected == CniNetNs.Attached, hasDescriptor);
        Assert.Equal(netNs, request.NetNsPath);
    }

    [Theory]
    [InlineData("GC")]
    [InlineData("STATUS")]
    public async Task Gc_and_status_carry_no_descriptor(string command)
    {
        using var agent = new ScriptedAgent();
        var served = agent.AnswerAsync(0, []);
        var environment = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_PATH"] = "/opt/cni/bin",
            ["FABRIC_CNI_SOCKET"] = agent.SocketPath,
        };
        var run = await CniBinary.RunAsync(environment, "{}");
        Assert.Equal(new CniRun(0, "", ""), run);
        Assert.Equal(CniNetNs.NotGiven, (await served).NetNs);
    }
}
