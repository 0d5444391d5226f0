using Fabric.Actors;

namespace Fabric.Node;

/// <summary>Finds out whether the event loop turns: something posted to it must run within a deadline.</summary>
/// <remarks>Any thread. At most one pulse is under way, so that asking a stuck loop again and again costs no memory.</remarks>
public sealed class LoopPulse(EventLoop loop, TimeProvider time)
{
    /// <summary>Longer than any work that the loop does in one go, shorter than what a pod's owner would wait for.</summary>
    public static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task _pulse = Task.CompletedTask;

    /// <summary>Whether the loop ran something within <see cref="Deadline"/> from now.</summary>
    public async Task<bool> TurnsAsync(CancellationToken cancellationToken)
    {
        Task pulse;
        lock (_gate)
        {
            if (_pulse.IsCompleted)
                _pulse = loop.RunAsync(() => Task.CompletedTask);
            pulse = _pulse;
        }
        try
        {
            await pulse.WaitAsync(Deadline, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
