using System.Diagnostics;

namespace Fabric.EndToEnd;

/// <summary>Picks moments inside an operation that runs elsewhere. Nothing is expected to have happened by then.</summary>
public static class Moments
{
    /// <summary>Lets a moment pass, exact to some microseconds, which no timer is.</summary>
    public static void Pass(TimeSpan moment)
    {
        var start = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start) >= moment);
    }
}
