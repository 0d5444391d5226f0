namespace Fabric.KubernetesApi;

/// <summary>What goes wrong at an <see cref="ApiServer"/> on demand. Any thread may ask for it.</summary>
public sealed class ServerFaults
{
    private readonly Lock _lock = new();
    private readonly Queue<(int Code, string? Reason, TimeSpan? RetryAfter)> _failures = new();
    private Func<CancellationToken, Task>? _delay;
    private int _cuts;

    /// <summary>The next requests are answered with a status code and not carried out.</summary>
    /// <param name="code">As 429, 500, 503 or 504.</param>
    /// <param name="retryAfter">In whole seconds, as header and in the Status.</param>
    public void FailNext(int requests, int code, TimeSpan? retryAfter = null)
    {
        var reason = code switch
        {
            429 => "TooManyRequests",
            500 => "InternalError",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            _ => null,
        };
        lock (_lock)
        {
            for (var i = 0; i < requests; i++)
                _failures.Enqueue((code, reason, retryAfter));
        }
    }

    /// <summary>Each request waits for this before anything is done; null: none does.</summary>
    public void DelayRequests(Func<CancellationToken, Task>? delay)
    {
        lock (_lock)
            _delay = delay;
    }

    /// <summary>The next events of watches, one per cut, break off in the middle of their line, with their connections.</summary>
    public void CutWatches(int events = 1)
    {
        lock (_lock)
            _cuts += events;
    }

    internal Task DelayAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return _delay?.Invoke(cancellationToken) ?? Task.CompletedTask;
    }

    internal (ApiStatusException Status, TimeSpan? RetryAfter)? TakeFailure()
    {
        lock (_lock)
        {
            if (!_failures.TryDequeue(out var failure))
                return null;
            var details = failure.RetryAfter is { } after
                ? new System.Text.Json.Nodes.JsonObject { ["retryAfterSeconds"] = (int)after.TotalSeconds }
                : null;
            return (new ApiStatusException(failure.Code, failure.Reason, "failed on demand", details), failure.RetryAfter);
        }
    }

    internal bool TakeCut()
    {
        lock (_lock)
        {
            if (_cuts == 0)
                return false;
            _cuts--;
            return true;
        }
    }
}
