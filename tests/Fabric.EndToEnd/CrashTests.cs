using System.Globalization;
using Fabric.Actors;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

public sealed class CrashLab() : EndToEndLab(1);

/// <summary>
/// The agent is killed in the middle of attaching and detaching, and started again: kernel, Open vSwitch and journal must agree,
/// nothing may be left over or used twice, and the runtime's repeated call must succeed.
/// </summary>
public sealed class CrashTests(CrashLab lab) : IClassFixture<CrashLab>
{
    private const int Rounds = 22;

    private const double LastMomentMs = 8;

    private EndToEndNode Node => lab.First;

    [SkippableFact]
    public Task Killed_at_any_moment_of_an_add_nothing_is_leaked_and_a_retry_succeeds() => lab.TestAsync(async () =>
    {
        using var bystander = await Node.AddPodAsync();
        for (var round = 0; round < Rounds; round++)
        {
            using var pod = Node.NewPod();
            using var add = pod.Call("ADD").Start();
            Moments.Pass(MomentOf(round));
            await Node.CrashAndRestartAsync();
            Assert.Contains((await CniCall.ReadAsync(add)).Code, (int[])[0, 11]);
            await RetryAddAsync(pod);
            await Leaks.MustBeExactlyAsync(Node, bystander, pod);
            Assert.True(bystander.Pings(pod.Address));
            (await pod.DelAsync()).MustSucceed();
        }
        await Leaks.MustBeExactlyAsync(Node, bystander);
    });

    [SkippableFact]
    public Task Killed_at_any_moment_of_a_del_nothing_is_leaked_and_a_retry_succeeds() => lab.TestAsync(async () =>
    {
        using var bystander = await Node.AddPodAsync();
        for (var round = 0; round < Rounds; round++)
        {
            using var pod = await Node.AddPodAsync();
            using var del = pod.Call("DEL").Start();
            Moments.Pass(MomentOf(round));
            await Node.CrashAndRestartAsync();
            Assert.Contains((await CniCall.ReadAsync(del)).Code, (int[])[0, 11]);
            (await pod.DelAsync()).MustSucceed();
            Assert.DoesNotContain("eth0", pod.Namespace.Ip("-br", "link", "show"), StringComparison.Ordinal);
            await Leaks.MustBeExactlyAsync(Node, bystander);
        }
        Assert.True(bystander.Pings("10.244.0.1"));
    });

    [SkippableTheory]
    [InlineData("ADD", "attachment-requested/1")]
    [InlineData("ADD", "address-assigned/1")]
    [InlineData("ADD", "ofport-assigned/1")]
    [InlineData("ADD", "attachment-ready/1")]
    [InlineData("DEL", "detach-requested/1")]
    [InlineData("DEL", "port-unplumbed/1")]
    [InlineData("DEL", "holding-released/1")]
    [InlineData("DEL", "detached/1")]
    public Task Killed_right_after_an_event_is_journalled_nothing_is_leaked(string command, string manifest) => lab.TestAsync(async () =>
    {
        using var pod = Node.NewPod();
        if (command == "DEL")
            await pod.AddAsync();
        using var call = pod.Call(command).Start();
        await EventAsync(pod, manifest);
        await Node.CrashAndRestartAsync();
        await CniCall.ReadAsync(call);
        await SettleAsync(pod, command);
    });

    /// <summary>Each daemon, frozen, holds the agent at a step that waits for it.</summary>
    [SkippableTheory]
    [InlineData("ADD", true)]
    [InlineData("DEL", true)]
    [InlineData("ADD", false)]
    [InlineData("DEL", false)]
    public Task Killed_while_open_vswitch_does_not_answer_nothing_is_leaked(string command, bool database) => lab.TestAsync(async () =>
    {
        using var pod = Node.NewPod();
        if (command == "DEL")
            await pod.AddAsync();
        var daemon = (database ? Node.Ovs.DatabasePid : Node.Ovs.VswitchdPid)!.Value.ToString(CultureInfo.InvariantCulture);
        LabCommand.Run("kill", "-STOP", daemon);
        try
        {
            using var call = pod.Call(command).Start();
            await EventAsync(pod, command == "ADD" ? "ofport-assigned/1" : "detach-requested/1");
            if (command == "ADD")
                await LabWait.UntilAsync(() => Task.FromResult(Leaks.HostLinks(Node).Count == 1), "the veth is there");
            Node.Agent!.Kill();
            await CniCall.ReadAsync(call);
        }
        finally
        {
            LabCommand.Run("kill", "-CONT", daemon);
        }
        await Node.StartAsync();
        await SettleAsync(pod, command);
    });

    private async Task SettleAsync(Pod pod, string command)
    {
        if (command == "ADD")
        {
            await RetryAddAsync(pod);
            await Leaks.MustBeExactlyAsync(Node, pod);
        }
        (await pod.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(Node);
    }

    /// <summary>Spread over the whole operation; the same moments in every run.</summary>
    private static TimeSpan MomentOf(int round) => TimeSpan.FromMilliseconds(LastMomentMs * round / (Rounds - 1));

    /// <summary>As a runtime does: again while the answer is "try again later".</summary>
    private static Task RetryAddAsync(Pod pod) => LabWait.UntilAsync(
        async () =>
        {
            var answer = await pod.Call("ADD").RunAsync();
            if (answer.Code == 11)
                return false;
            await pod.AddAsync();
            return answer.MustSucceed().Succeeded;
        }, $"an ADD of {pod.ContainerId} succeeds", TimeSpan.FromSeconds(30));

    private async Task EventAsync(Pod pod, string manifest)
    {
        await using var journal = SqliteNodeJournal.OpenReadOnly(Node.JournalPath);
        var stream = new PersistenceId("port", $"{pod.ContainerId}/eth0");
        await LabWait.UntilAsync(async () =>
        {
            await foreach (var envelope in journal.ReadAsync(stream, 1, CancellationToken.None))
            {
                if (envelope.Manifest == manifest)
                    return true;
            }
            return false;
        }, $"{stream} has {manifest}");
    }
}
