namespace Fabric.Lab;

/// <summary>
/// Thrown when a command of the lab failed, or a condition did not come true before its deadline.
/// </summary>
public sealed class LabException : Exception
{
    internal LabException(string operation, int exitCode, string detail)
        : base($"{operation}: {(exitCode == 0 ? "" : $"exit code {exitCode}: ")}{detail.Trim()}")
    {
        Operation = operation;
        ExitCode = exitCode;
        Detail = detail;
    }

    /// <summary>The command line, or what was waited for.</summary>
    public string Operation { get; }

    /// <summary>The exit code of the command; 0 when no command was involved, -1 when its deadline passed.</summary>
    public int ExitCode { get; }

    /// <summary>What the command wrote to its standard error.</summary>
    public string Detail { get; }
}
