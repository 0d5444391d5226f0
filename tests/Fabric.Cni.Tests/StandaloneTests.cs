using System.Buffers.Binary;
using System.Diagnostics;
using Fabric.Messages.Cni;
using Xunit.Abstractions;

namespace Fabric.Cni.Tests;

/// <summary>What the binary does alone, and what it asks of the machine it runs on.</summary>
public sealed class StandaloneTests(ITestOutputHelper output)
{
    private const string Supported = """ "supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]} """;

    [Theory]
    [InlineData("""{"cniVersion":"0.3.1"}""", "0.3.1")]
    [InlineData("""{"cniVersion":"1.1.0","name":"x"}""", "1.1.0")]
    [InlineData("""{"cniVersion":"0.2.0"}""", "1.1.0")]
    [InlineData("", "1.1.0")]
    public async Task Version_is_answered_without_an_agent(string stdin, string version)
    {
        var environment = new Dictionary<string, string> { ["CNI_COMMAND"] = "VERSION" };
        var run = await CniBinary.RunAsync(environment, stdin);
        Assert.Equal(new CniRun(0, $"{{\"cniVersion\":\"{version}\",{Supported.Trim()}\n", ""), run);
    }

    [Fact]
    public async Task Version_with_undecodable_input_is_error_6()
    {
        var environment = new Dictionary<string, string> { ["CNI_COMMAND"] = "VERSION" };
        var run = await CniBinary.RunAsync(environment, """{"cniVersion":"0.4.0" """);
        Assert.Equal(
            new CniRun(1, """{"cniVersion":"1.1.0","code":6,"msg":"VERSION: stdin is not a JSON object"}""" + "\n", ""), run);
    }

    [SkippableFact]
    public async Task On_a_terminal_without_a_command_it_says_what_it_is()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "no script(1) to make a terminal");
        var run = await CniBinary.RunAsync(
            "/usr/bin/script", ["-qec", CniBinary.Path, "/dev/null"],
            new Dictionary<string, string> { ["SHELL"] = "/bin/sh", ["PATH"] = "/usr/bin:/bin" }, []);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("CNI fabric plugin v", run.Stdout, StringComparison.Ordinal);
        Assert.Contains("CNI protocol versions supported: 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0", run.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void The_binary_is_static()
    {
        // ELF-64: e_phoff at 32, e_phentsize at 54, e_phnum at 56; PT_DYNAMIC is 2, PT_INTERP 3 (elf(5)).
        var elf = File.ReadAllBytes(CniBinary.Path);
        Assert.Equal([0x7F, (byte)'E', (byte)'L', (byte)'F'], elf[..4]);
        var offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(32));
        var size = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(54));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(56));
        for (var i = 0; i < count; i++)
            Assert.DoesNotContain(BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(offset + i * size)), new uint[] { 2, 3 });
    }

    [SkippableFact]
    public async Task It_runs_in_an_empty_root_directory()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "chroot needs root");
        using var agent = new ScriptedAgent();
        File.Copy(CniBinary.Path, Path.Combine(agent.Directory, "fabric-cni"));
        var served = agent.AnswerAsync(0, "from the agent"u8.ToArray());
        var environment = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = "STATUS",
            ["FABRIC_CNI_SOCKET"] = "/cni.sock",
        };
        var run = await CniBinary.RunAsync("/usr/sbin/chroot", [agent.Directory, "/fabric-cni"], environment, "{}"u8.ToArray());
        Assert.Equal(new CniRun(0, "from the agent", ""), run);
        Assert.Equal("STATUS", (await served).Command);
    }

    [Fact]
    public async Task Two_hundred_calls_succeed_and_their_time_is_printed()
    {
        using var agent = new ScriptedAgent();
        var environment = CniBinary.Add(agent.SocketPath);
        var milliseconds = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var served = agent.AnswerAsync(0, "{}"u8.ToArray());
            var start = Stopwatch.GetTimestamp();
            var run = await CniBinary.RunAsync(environment, """{"cniVersion":"1.1.0","name":"pods","type":"fabric-cni"}""");
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            Assert.Equal(new CniRun(0, "{}", ""), run);
            Assert.Equal(CniNetNs.Attached, (await served).NetNs);
        }
        milliseconds.Sort();
        output.WriteLine($"ADD through a scripted agent, 200 runs, process start by .NET included: median {milliseconds[100]:F2} ms, "
            + $"p90 {milliseconds[180]:F2} ms");
    }
}
