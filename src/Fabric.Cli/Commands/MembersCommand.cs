using System.CommandLine;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary><c>fabric members [--watch] [--all]</c></summary>
internal sealed class MembersCommand(CommonOptions common)
{
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Go on, and show the table again whenever it changes" };
    private readonly Option<bool> _all = new("--all", "-a")
    {
        Description = "Also nodes that were removed and hold nothing any more",
    };

    public static Command Make(CommonOptions common) => new MembersCommand(common).Make();

    private Command Make()
    {
        var command = new Command("members", "The cluster's nodes as this node knows them.") { _watch, _all };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var agent = common.Connect(parsed);
        await using var output = FabricCommand.Buffered();
        if (!parsed.GetValue(_watch))
        {
            var (body, answer) = await agent.GetAsync(AdminPaths.Members, AdminJson.Default.MembersAnswer, cancellationToken);
            if (common.IsJson(parsed))
                output.Write(System.Text.Encoding.UTF8.GetString(body));
            else
                Write(answer, parsed, output);
            return ExitCode.Ok;
        }
        var shown = "";
        await foreach (var line in agent.GetLinesAsync($"{AdminPaths.Members}?watch=true", cancellationToken))
        {
            var answer = AgentClient.Read(line, AdminJson.Default.MembersAnswer);
            // Times of contact change all the time; what a person watches for are the members.
            var key = string.Join('\n', answer.Members.Select(m =>
                $"{m.Node} {m.NodeUid} {m.Incarnation} {m.State} {m.Since} {m.IsSingleton} {m.IsDrained} {string.Join(',', m.PodCidrs)}"))
                + answer.Cluster?.Reachable;
            if (key == shown)
                continue;
            if (common.IsJson(parsed))
            {
                output.Write($"{line}\n");
            }
            else
            {
                if (shown.Length > 0)
                    output.Write($"\n{Words.Time(answer.At, answer.At)}\n");
                Write(answer, parsed, output);
            }
            shown = key;
            await output.FlushAsync(cancellationToken);
        }
        return ExitCode.Ok;
    }

    private void Write(MembersAnswer answer, ParseResult parsed, TextWriter output) =>
        Tables.Members(answer, parsed.GetValue(common.Verbose), parsed.GetValue(_all), output);
}
