using System.CommandLine;
using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary><c>fabric events</c></summary>
internal sealed class EventsCommand(CommonOptions common)
{
    private const int ShownLimit = 100;

    private readonly Option<string?> _pod = new("--pod") { Description = "One pod's whole story", HelpName = "NAMESPACE/NAME" };
    private readonly Option<string?> _container = new("--container")
    {
        Description = "One container's whole story; its first characters are enough",
        HelpName = "ID",
    };
    private readonly Option<string?> _node = new("--node")
    {
        Description = "What became of one node of the cluster, as this node has heard",
        HelpName = "NAME",
    };
    private readonly Option<string?> _entity = new("--entity") { Description = "One stream, such as tunnel/node-b", HelpName = "KIND/KEY" };
    private readonly Option<string?> _correlation = new("--correlation")
    {
        Description = "All that one request caused; the id is in a CNI error's details",
        HelpName = "ID",
    };
    private readonly Option<string?> _kind = new("--kind")
    {
        Description = $"{string.Join(", ", EventQuery.StreamKinds)}, or an event's name such as attachment-ready",
        HelpName = "KIND",
    };
    private readonly Option<string?> _since = new("--since") { Description = "10m, 2026-05-04T03:02:01Z or #1234", HelpName = "WHEN" };
    private readonly Option<string?> _until = new("--until") { Description = "Likewise", HelpName = "WHEN" };
    private readonly Option<int> _limit = new("--limit", "-n")
    {
        Description = $"The newest so many, 1 to {EventQuery.MaxLimit}",
        HelpName = "N",
        DefaultValueFactory = _ => ShownLimit,
    };
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with new events until Ctrl-C" };
    private readonly Option<string?> _journal = new("--journal")
    {
        Description = "Read a journal file instead of asking the agent: with the agent down, or a copy from another machine",
        HelpName = "PATH",
    };

    public static Command Make(CommonOptions common) => new EventsCommand(common).Make();

    private Command Make()
    {
        var command = new Command("events",
            "What has happened on this node: time, ms since the request's event before, entity, what.")
        {
            _pod, _container, _node, _entity, _correlation, _kind, _since, _until, _limit, _follow, _journal,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.UtcNow;
        var query = Query(parsed, now);
        var json = common.IsJson(parsed);
        await using var output = FabricCommand.Buffered();
        var lines = new EventLines(output, parsed.GetValue(common.Verbose), now);
        if (parsed.GetValue(_journal) is { } path)
        {
            if (query.Follow)
                throw new CommandException(ExitCode.Usage, "--follow needs the agent: a journal file is read up to its end");
            await foreach (var entry in JournalFile.ReadAsync(path, query, cancellationToken))
            {
                if (json)
                    output.Write($"{JsonSerializer.Serialize(entry, AdminJson.Default.EventEntry)}\n");
                else
                    lines.Write(entry);
            }
            return ExitCode.Ok;
        }
        using var agent = common.Connect(parsed);
        await foreach (var line in agent.GetLinesAsync(AdminPaths.Events + EventQueryText.Format(query), cancellationToken))
        {
            if (json)
                output.Write($"{line}\n");
            else
                lines.Write(AgentClient.Read(line, AdminJson.Default.EventEntry));
            if (query.Follow)
                await output.FlushAsync(cancellationToken);
        }
        return ExitCode.Ok;
    }

    private EventQuery Query(ParseResult parsed, DateTimeOffset now)
    {
        var given = new List<KeyValuePair<string, string>>();
        void Add(string name, string? value)
        {
            if (value is not null)
                given.Add(new(name, value));
        }

        foreach (var option in new[] { _pod, _container, _node, _entity, _correlation, _kind, _since, _until })
            Add(option.Name[2..], parsed.GetValue(option));
        Add("limit", $"{parsed.GetValue(_limit)}");
        Add("follow", parsed.GetValue(_follow) ? "true" : null);
        Add("payload", parsed.GetValue(common.Verbose) || common.IsJson(parsed) ? "true" : null);
        var (query, error) = EventQueryText.Parse(given, now);
        return query ?? throw new CommandException(ExitCode.Usage, $"{error!.Error}\nSee: fabric events --help");
    }
}
