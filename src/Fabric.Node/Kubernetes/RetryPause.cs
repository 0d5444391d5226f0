namespace Fabric.Node.Kubernetes;

/// <summary>How long to wait before the next attempt: longer after each failure, up to half a minute.</summary>
internal sealed class RetryPause
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    private TimeSpan _next = Least;

    public TimeSpan AfterFailure()
    {
        var pause = _next;
        _next = _next * 2 < Most ? _next * 2 : Most;
        return pause;
    }

    /// <summary>Also a success is followed by a pause, so that two who disagree do not write without end.</summary>
    public TimeSpan AfterSuccess()
    {
        _next = Least;
        return Least;
    }
}
