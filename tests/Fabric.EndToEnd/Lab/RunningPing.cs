using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Fifty echo requests a second from a pod, until they are counted.</summary>
public sealed partial class RunningPing : IDisposable
{
    private readonly Process _ping;

    private RunningPing(Process ping) => _ping = ping;

    /// <summary>Nothing is counted before the first answer.</summary>
    public static RunningPing Start(Pod from, string address)
    {
        var start = new ProcessStartInfo("nsenter")
        {
            ArgumentList = { $"--net={from.Namespace.NetnsPath}", "--", "ping", "-n", "-i", "0.02", address },
            RedirectStandardOutput = true,
        };
        var ping = Process.Start(start)!;
        Assert.NotNull(ping.StandardOutput.ReadLine());
        Assert.Contains("icmp_seq=1 ", ping.StandardOutput.ReadLine(), StringComparison.Ordinal);
        return new RunningPing(ping);
    }

    /// <summary>Ends it. The last request may still be on its way then; between the answers none may be missing.</summary>
    public async Task MustHaveLostNothingAsync()
    {
        LabCommand.Run("kill", "-INT", _ping.Id.ToString(CultureInfo.InvariantCulture));
        var text = await _ping.StandardOutput.ReadToEndAsync();
        int[] answered = [.. SequenceNumber().Matches(text).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.NotEmpty(answered);
        Assert.Equal(Enumerable.Range(2, answered.Length), answered.Order());
    }

    public void Dispose()
    {
        if (!_ping.HasExited)
            _ping.Kill();
        _ping.Dispose();
    }

    [GeneratedRegex(@"icmp_seq=(\d+) ttl")]
    private static partial Regex SequenceNumber();
}
