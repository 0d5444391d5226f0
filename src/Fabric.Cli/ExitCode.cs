namespace Fabric.Cli;

/// <summary>What the command's exit code says to scripts.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>There is an answer, and it says that something is wrong.</summary>
    public const int Wrong = 1;

    public const int Usage = 2;

    /// <summary>Nobody answered.</summary>
    public const int Unreachable = 3;

    /// <summary>Ended by Ctrl-C, as shells count it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
