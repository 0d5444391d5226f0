using System.CommandLine;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary>The options that every command takes.</summary>
internal sealed class CommonOptions
{
    public const string SocketVariable = "FABRIC_ADMIN_SOCKET";

    public Option<string> AdminSocket { get; } = new("--admin-socket")
    {
        Description = $"The agent's admin socket; or {SocketVariable}",
        HelpName = "PATH",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(SocketVariable) is { Length: > 0 } path
            ? path
            : AdminPaths.DefaultSocket,
    };

    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "table for people, json for programs (one document; events: one per line)",
        HelpName = "table|json",
        Recursive = true,
        DefaultValueFactory = _ => "table",
    };

    public Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "More columns; events: with ids and payload",
        Recursive = true,
    };

    public CommonOptions() => Output.AcceptOnlyFromAmong("table", "json");

    public bool IsJson(ParseResult parsed) => parsed.GetValue(Output) == "json";

    public AgentClient Connect(ParseResult parsed) => new(parsed.GetValue(AdminSocket)!);
}
