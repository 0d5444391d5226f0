using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Text.Json.Serialization.Metadata;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary>The command line.</summary>
internal static class FabricCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args);
        // Who asks for help has not said everything yet.
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync($"fabric: {error.Message}");
            await Console.Error.WriteLineAsync($"See: {CommandPath(parsed)} --help");
            return ExitCode.Usage;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (CommandException e)
        {
            await Console.Error.WriteLineAsync($"fabric: {e.Message}");
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (IOException e) when (e is not HttpIOException)
        {
            // The reader of the pipe has what it wanted: fabric events | head.
            return ExitCode.Ok;
        }
    }

    private static RootCommand Root()
    {
        var common = new CommonOptions();
        var root = new RootCommand(
            """
            Shows what a Fabric node's agent knows and what has happened, takes nodes out of the cluster, and makes virtual networks.

            Exit codes: 0 ok, 1 the answer says that something is wrong, 2 usage, 3 the agent can't be reached.
            """)
        {
            common.AdminSocket,
            common.Output,
            common.Verbose,
        };
        var verbose = common.Verbose;
        var examples = new Dictionary<Command, string[]>();
        void Add(Command command, params string[] lines)
        {
            root.Add(command);
            examples[command] = lines;
        }

        Add(Answer(common, "status", "The node in one page; exit code 1 if it is not ready.",
            AdminPaths.Status, AdminJson.Default.StatusAnswer,
            (s, _, output) => StatusView.Write(s, output), s => s.Readiness.Ready ? ExitCode.Ok : ExitCode.Wrong),
            "fabric status");
        Add(MembersCommand.Make(common), "fabric members", "fabric members --watch");
        var network = new Option<string?>("--network") { Description = "A virtual network instead of the default one", HelpName = "NAME" };
        var mesh = Answer(common, "mesh", "Where packets for other nodes' pods go.",
            AdminPaths.Mesh, AdminJson.Default.MeshAnswer, (m, _, output) => Tables.Mesh(m, output),
            query: parsed => parsed.GetValue(network) is { } name ? $"?network={Uri.EscapeDataString(name)}" : "");
        mesh.Add(network);
        Add(mesh, "fabric mesh", "fabric mesh --network blue");
        Add(Answer(common, "ports", "This node's pod interfaces.",
            AdminPaths.Ports, AdminJson.Default.PortsAnswer, (p, r, output) => Tables.Ports(p, r.GetValue(verbose), output)),
            "fabric ports --verbose");
        Add(Answer(common, "ips", "This node's address pools, and who holds which address.",
            AdminPaths.Ips, AdminJson.Default.IpsAnswer, (i, _, output) => Tables.Ips(i, output)),
            "fabric ips", "fabric ips -o json | jq '.pools[] | {pool, used, free}'");
        Add(Answer(common, "flows", "The flows in Open vSwitch, each with its cause.",
            AdminPaths.Flows, AdminJson.Default.FlowsAnswer, (f, _, output) => Tables.Flows(f, output)),
            "fabric flows | grep web-0");
        Add(EventsCommand.Make(common), "fabric events --pod default/web-0", "fabric events --since 10m --follow",
            "fabric events --node node-c",
            "fabric events --journal /var/lib/fabric/journal.db --kind node -v");
        var operations = new OperationCommands(common, (command, lines) => examples[command] = lines);
        root.Add(operations.Node());
        root.Add(operations.Cidr());
        root.Add(operations.Network(Answer(common, "list", "The virtual networks as this node knows them.",
            AdminPaths.Networks, AdminJson.Default.NetworksAnswer, (n, _, output) => Tables.Networks(n, output))));
        var version = new Command("version", "This command's version; the agent's is in status.");
        version.SetAction(_ => Console.Out.Write($"{ThisVersion.Text}\n"));
        Add(version, "fabric version");
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, examples);
        return root;
    }

    private static Command Answer<T>(CommonOptions common, string name, string promise, string path,
        JsonTypeInfo<T> json, Action<T, ParseResult, TextWriter> write, Func<T, int>? exitCode = null, Func<ParseResult, string>? query = null)
    {
        var command = new Command(name, promise);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var agent = common.Connect(parsed);
            var (body, answer) = await agent.GetAsync(path + query?.Invoke(parsed), json, cancellationToken);
            if (common.IsJson(parsed))
            {
                await using var stdout = Console.OpenStandardOutput();
                await stdout.WriteAsync(body, cancellationToken);
            }
            else
            {
                await using var output = Buffered();
                write(answer, parsed, output);
            }
            return exitCode?.Invoke(answer) ?? ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Standard output that is written when it is flushed or full.</summary>
    public static StreamWriter Buffered() => new(Console.OpenStandardOutput(), bufferSize: 16 * 1024);

    private static string CommandPath(ParseResult parsed)
    {
        var path = new Stack<string>();
        for (var at = parsed.CommandResult; at.Command is not RootCommand; at = (CommandResult)at.Parent!)
            path.Push(at.Command.Name);
        return string.Join(' ', ["fabric", .. path]);
    }
}
