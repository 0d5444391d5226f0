using System.CommandLine;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary>The commands that change the cluster: <c>fabric node drain|undrain|remove</c> and <c>fabric cidr add</c>,
/// <c>fabric network create|list|delete</c>.</summary>
/// <remarks>Nothing is asked back: what must not be done by mistake is refused with the reason.</remarks>
internal sealed partial class OperationCommands(CommonOptions common, Action<Command, string[]> add)
{
    private readonly Argument<string> _node = new("NAME") { Description = "The node's name, as fabric members shows it" };

    public Command Node()
    {
        var uid = new Option<string?>("--uid")
        {
            Description = "Only this uid: one that had the name before; fabric members shows it while it holds a pod CIDR", HelpName = "UID",
        };
        var force = new Option<bool>("--force")
        {
            Description = "Also if its agent runs; that one finds out and joins again, with another pod CIDR if need be",
        };
        var remove = Make("remove", "Takes a dead node out of the cluster and frees its pod CIDR. You answer for it that its pods are gone.",
            AdminPaths.RemoveNode,
            parsed => [("node", parsed.GetValue(_node)), ("uid", parsed.GetValue(uid)), ("force", parsed.GetValue(force) ? "true" : null)],
            "fabric node remove node-c", "fabric node remove node-c --uid 5ad1ca3e");
        remove.Add(_node);
        remove.Add(uid);
        remove.Add(force);
        var node = new Command("node", "Drains nodes, and removes them from the cluster.")
        {
            OfNode("drain", "The node takes no new pods. Once its pods are gone, its agent's orderly stop frees its pod CIDR.",
                AdminPaths.DrainNode),
            OfNode("undrain", "The node takes pods again.", AdminPaths.UndrainNode),
            remove,
        };
        add(node, ["fabric node drain node-c", "fabric node remove node-c"]);
        return node;
    }

    public Command Cidr()
    {
        var range = new Argument<string>("CIDR") { Description = "More addresses for pods, like 10.245.0.0/16" };
        var length = new Option<int?>("--node-prefix-length")
        {
            Description = "The size of each node's block; 24, or 64 for IPv6, unless given", HelpName = "N",
        };
        var more = Make("add", "Adds a cluster CIDR while the cluster runs. It can't be taken away again.", AdminPaths.AddCidr,
            parsed => [("cidr", parsed.GetValue(range)), ("nodePrefixLength", parsed.GetValue(length)?.ToString(
                System.Globalization.CultureInfo.InvariantCulture))],
            "fabric cidr add 10.245.0.0/16");
        more.Add(range);
        more.Add(length);
        var cidr = new Command("cidr", "The cluster's addresses for pods.") { more };
        add(cidr, ["fabric cidr add 10.245.0.0/16 --node-prefix-length 24"]);
        return cidr;
    }

    private Command OfNode(string name, string promise, string path)
    {
        var command = Make(name, promise, path, parsed => [("node", parsed.GetValue(_node))], $"fabric node {name} node-c");
        command.Add(_node);
        return command;
    }

    private Command Make(string name, string promise, string path,
        Func<ParseResult, IEnumerable<(string Name, string? Value)>> parameters, params string[] examples)
    {
        var command = new Command(name, promise);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var query = string.Join('&', parameters(parsed).Where(p => p.Value is not null)
                .Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
            using var agent = common.Connect(parsed);
            var (body, answer) = await agent.PostAsync($"{path}?{query}", AdminJson.Default.OperationAnswer, cancellationToken);
            if (common.IsJson(parsed))
            {
                await using var stdout = Console.OpenStandardOutput();
                await stdout.WriteAsync(body, cancellationToken);
            }
            else
            {
                await Console.Out.WriteLineAsync(answer.Done);
            }
            return ExitCode.Ok;
        });
        add(command, examples);
        return command;
    }
}
