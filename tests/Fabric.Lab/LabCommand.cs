using System.Diagnostics;

namespace Fabric.Lab;

/// <summary>Runs a program to its end, within a deadline, and gives back what it wrote.</summary>
public static class LabCommand
{
    /// <summary>
    /// The deadline of a command that names none: far above any healthy run, below a test's patience.
    /// </summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Standard output of <paramref name="program"/>. Throws <see cref="LabException"/> carrying standard error on a
    /// nonzero exit code, and kills the program when the deadline passes.
    /// </summary>
    public static string Run(string program, params IReadOnlyList<string> arguments) => Run(program, arguments, null);

    /// <inheritdoc cref="Run(string, IReadOnlyList{string})"/>
    public static string Run(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment,
        string? standardInput = null,
        TimeSpan? deadline = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var commandLine = $"{program} {string.Join(' ', arguments)}";
        using var process = Process.Start(start)
            ?? throw new LabException(commandLine, -1, "the process did not start");
        // Whoever has touched them owns them: the process's end does not close them.
        using var standardOutput = process.StandardOutput;
        using var standardError = process.StandardError;
        var output = standardOutput.ReadToEndAsync();
        var error = standardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(standardInput);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program closed its input without reading it; its exit code decides.
        }

        // The pipes close when the program and everything it left behind have ended, so they share the deadline.
        if (!process.WaitForExit(deadline ?? DefaultDeadline) || !Task.WaitAll([output, error], DefaultDeadline))
        {
            process.Kill(entireProcessTree: true);
            throw new LabException(commandLine, -1, "the deadline passed");
        }

        return process.ExitCode == 0
            ? output.Result
            : throw new LabException(commandLine, process.ExitCode, error.Result + output.Result);
    }
}
