namespace Fabric.Cli;

/// <summary>Thrown when a command can't give its answer: the message is for stderr, the code for the shell.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
