using System.CommandLine;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary><c>fabric members [--watch]</c></summary>
internal static class MembersCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static Command Make(CommonOptions common)
    {
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on, and show the table again whenever it changes" };
        var command = new Command("members", "The cluster's nodes as this node knows them.")
        {
            watch,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var agent = common.Connect(parsed);
            await ShowAsync(agent, common.IsJson(parsed), parsed.GetValue(common.Verbose), parsed.GetValue(watch), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task ShowAsync(
        AgentClient agent, bool json, bool verbose, bool watch, CancellationToken cancellationToken)
    {
        await using var output = FabricCommand.Buffered();
        var shown = "";
        while (true)
        {
            var (body, answer) = await agent.GetAsync(AdminPaths.Members, AdminJson.Default.MembersAnswer, cancellationToken);
            // Times of contact change all the time; what a person watches for are the members.
            var key = string.Join('\n', answer.Members.Select(m => $"{m.Node} {m.NodeUid} {m.Incarnation} {m.State} {m.Since} {m.IsSingleton}"))
                + answer.Cluster?.Reachable;
            if (key != shown)
            {
                if (shown.Length > 0 && !json)
                    output.Write($"\n{Words.Time(answer.At, answer.At)}\n");
                shown = key;
                if (json)
                    output.Write(System.Text.Encoding.UTF8.GetString(body));
                else
                    Tables.Members(answer, verbose, output);
                await output.FlushAsync(cancellationToken);
            }
            if (!watch)
                return;
            await Task.Delay(WatchInterval, cancellationToken);
        }
    }
}
