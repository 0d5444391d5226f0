using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Fabric.Tidy;

/// <summary>Rules about shell scripts, which nothing compiles.</summary>
public sealed partial class ScriptTests
{
    private readonly Findings _findings = new();

    [Fact]
    public async Task Every_shell_script_parses()
    {
        foreach (var file in Tree.Texts)
        {
            var shell = Shell().Match(file.Text) is { Success: true } match ? match.Groups["shell"].Value
                : file.Path.EndsWith(".sh", StringComparison.Ordinal) ? "bash"
                : null;
            if (shell is not null && await ParseAsync(shell, file) is { } complaint)
                _findings.Add(file, 1, $"{shell} -n says: {complaint}");
        }
        _findings.AssertNone();
    }

    [Fact]
    public void What_names_its_interpreter_can_be_run()
    {
        foreach (var file in Tree.Texts.Where(file => file.Text.StartsWith("#!/", StringComparison.Ordinal)))
        {
            if (OperatingSystem.IsLinux() && !File.GetUnixFileMode(file.FullPath).HasFlag(UnixFileMode.UserExecute))
                _findings.Add(file, 1, "begins with #! and is not executable: git update-index --chmod=+x " + file.Path);
        }
        _findings.AssertNone();
    }

    private static async Task<string?> ParseAsync(string shell, SourceFile file)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var process = Process.Start(new ProcessStartInfo(shell, ["-n", file.FullPath]) { RedirectStandardError = true })!;
        var complaint = await process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return process.ExitCode == 0 ? null : complaint.Trim();
    }

    [GeneratedRegex(@"\A#!\s*(/usr/bin/env\s+|/usr/bin/|/bin/)(?<shell>bash|sh)\b")]
    private static partial Regex Shell();
}
