using System.Buffers.Binary;
using Fabric.Messages.Cni;

namespace Fabric.Cni.Tests;

/// <summary>What the binary answers when it can't hand the call to an agent: exact JSON and exit codes.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData("ADD", "CNI_CONTAINERID", "", "invalid environment: CNI_CONTAINERID is missing")]
    [InlineData("ADD", "CNI_NETNS", "", "invalid environment: CNI_NETNS is missing")]
    [InlineData("ADD", "CNI_IFNAME", "", "invalid environment: CNI_IFNAME is missing")]
    [InlineData("CHECK", "CNI_NETNS", "", "invalid environment: CNI_NETNS is missing")]
    [InlineData("DEL", "CNI_CONTAINERID", "", "invalid environment: CNI_CONTAINERID is missing")]
    [InlineData("DEL", "CNI_IFNAME", "", "invalid environment: CNI_IFNAME is missing")]
    [InlineData("GC", "CNI_PATH", "", "invalid environment: CNI_PATH is missing")]
    [InlineData("", "CNI_PATH", "", "invalid environment: CNI_COMMAND is missing")]
    [InlineData("FROB", "CNI_PATH", "",
        "invalid environment: CNI_COMMAND 'FROB' is none of ADD, DEL, CHECK, GC, STATUS, VERSION")]
    [InlineData("ADD", "CNI_IFNAME", "a/b",
        "invalid environment: CNI_IFNAME: interface name 'a/b' may not hold '/', ':', blanks or non-ASCII characters")]
    [InlineData("ADD", "CNI_CONTAINERID", "-x",
        "invalid environment: CNI_CONTAINERID: container id '-x' must start with a letter or digit")]
    [InlineData("ADD", "CNI_NETNS", "/nonexistent/ns",
        "CNI_NETNS '/nonexistent/ns' can't be opened: No such file or directory")]
    [InlineData("CHECK", "CNI_NETNS", "/nonexistent/ns",
        "CNI_NETNS '/nonexistent/ns' can't be opened: No such file or directory")]
    public async Task An_invalid_environment_is_error_4_and_named(string command, string name, string value, string message)
    {
        var environment = CniBinary.With(CniBinary.Command(command), (name, value));
        var run = await CniBinary.RunAsync(environment, """{"cniVersion":"0.4.0"}""");
        Assert.Equal(new CniRun(1, $$"""{"cniVersion":"0.4.0","code":4,"msg":"{{message}}"}""" + "\n", ""), run);
    }

    [Fact]
    public async Task All_missing_variables_are_named_at_once()
    {
        var environment = new Dictionary<string, string> { ["CNI_COMMAND"] = "ADD" };
        var run = await CniBinary.RunAsync(environment, "");
        Assert.Equal(
            """{"cniVersion":"1.1.0","code":4,"msg":"invalid environment: """
            + "CNI_CONTAINERID is missing; CNI_NETNS is missing; CNI_IFNAME is missing\"}\n",
            run.Stdout);
        Assert.Equal(1, run.ExitCode);
    }

    [Theory]
    [InlineData("ADD", 11)]
    [InlineData("DEL", 11)]
    [InlineData("CHECK", 11)]
    [InlineData("GC", 11)]
    [InlineData("STATUS", 50)]
    public async Task An_agent_that_can_not_be_reached_is_try_again_later(string command, int code)
    {
        var environment = CniBinary.With(CniBinary.Command(command), ("FABRIC_CNI_WAIT_MS", "30"));
        var run = await CniBinary.RunAsync(environment, """{"cniVersion":"1.0.0"}""");
        Assert.Equal(
            $$"""{"cniVersion":"1.0.0","code":{{code}},"msg":"the fabric agent can't be reached at /nonexistent/cni.sock: """
            + "No such file or directory; try again later\","
            + "\"details\":\"waited 30 ms; is the fabric-node pod of this node running?\"}\n",
            run.Stdout);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task Without_other_word_the_wait_is_five_seconds()
    {
        var run = await CniBinary.RunAsync(CniBinary.Command("ADD"), "{}");
        Assert.Contains("\"details\":\"waited 5000 ms;", run.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"agentSocket\":\"run/x.sock\"}", 7, "agentSocket 'run/x.sock' must be an absolute path of at most 107 bytes")]
    [InlineData("{}", 4, "FABRIC_CNI_SOCKET 'relative' must be an absolute path of at most 107 bytes")]
    public async Task An_unusable_socket_path_is_refused_by_name(string stdin, int code, string message)
    {
        var run = await CniBinary.RunAsync(CniBinary.Add("relative"), stdin);
        Assert.Equal(new CniRun(1, $$"""{"cniVersion":"1.1.0","code":{{code}},"msg":"{{message}}"}""" + "\n", ""), run);
    }

    [Fact]
    public async Task An_agent_of_another_protocol_version_is_error_103_naming_both()
    {
        using var agent = new ScriptedAgent();
        var served = agent.ServeAsync(peer =>
        {
            peer.Request();
            var bytes = CniFrameHeader.VersionMismatch();
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), 7);
            peer.Send(bytes);
            return 0;
        });
        var run = await CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), "{}");
        await served;
        Assert.Equal(
            """{"cniVersion":"1.1.0","code":103,"msg":"fabric-cni speaks protocol version 1 and the fabric agent version 7: """
            + $"install the binary that came with the running agent\",\"details\":\"agent socket {agent.SocketPath}\"}}\n",
            run.Stdout);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task A_stranger_on_the_socket_is_error_5()
    {
        using var agent = new ScriptedAgent();
        var served = agent.ServeAsync(peer =>
        {
            peer.Request();
            peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8);
            return 0;
        });
        var run = await CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), "{}");
        await served;
        Assert.StartsWith("""{"cniVersion":"1.1.0","code":5,"msg":"what answers at """, run.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_agent_that_dies_under_the_call_is_try_again_later(bool afterHeader)
    {
        using var agent = new ScriptedAgent();
        var served = agent.ServeAsync(peer =>
        {
            peer.Request();
            if (afterHeader)
                peer.Send(new CniResultFrame(0, "{}"u8.ToArray()).Encode().Span[..20]);
            return 0;
        });
        var run = await CniBinary.RunAsync(CniBinary.Add(agent.SocketPath), "{}");
        await served;
        Assert.Equal(
            new CniRun(1, $$"""{"cniVersion":"1.1.0","code":11,"msg":"the fabric agent at {{agent.SocketPath}} closed the """
            + "connection before it answered; try again later\",\"details\":\"it may be restarting\"}\n", ""),
            run);
    }

    [Fact]
    public async Task A_silent_agent_is_given_up_at_the_deadline()
    {
        using var agent = new ScriptedAgent();
        var served = agent.ServeAsync(peer =>
        {
            peer.Request();
            peer.AwaitClose();
            return 0;
        });
        var environment = CniBinary.With(CniBinary.Add(agent.SocketPath), ("FABRIC_CNI_DEADLINE_MS", "50"));
        var run = await CniBinary.RunAsync(environment, "{}");
        await served;
        Assert.Equal(
            new CniRun(1, $$"""{"cniVersion":"1.1.0","code":11,"msg":"the fabric agent at {{agent.SocketPath}} did not """
            + "answer in 50 ms; try again later\"}\n", ""),
            run);
    }

    [Fact]
    public async Task A_configuration_beyond_the_frame_limit_is_refused()
    {
        var run = await CniBinary.RunAsync(CniBinary.Command("ADD"), new string(' ', 2_000_000));
        Assert.Equal(
            new CniRun(1, """{"cniVersion":"1.1.0","code":7,"msg":"the network configuration on stdin is longer than 960 KiB"}""" + "\n", ""),
            run);
    }
}
