namespace Fabric.Actors;

/// <summary>Counts an entity's failures; a journalled state that fails every time must not restart for ever.</summary>
internal sealed class RestartBudget(TimeProvider time, int limit, TimeSpan window)
{
    private readonly Queue<long> _failures = new();

    public bool IsSpent { get; private set; }

    public string LastFailure { get; private set; } = "";

    public void Spend(Exception failure)
    {
        LastFailure = failure.Message;
        while (_failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > window)
            _failures.Dequeue();
        _failures.Enqueue(time.GetTimestamp());
        IsSpent = _failures.Count > limit;
    }
}
