namespace Fabric.Node;

/// <summary>Tells those who wait for Open vSwitch when it has been away for so long that they should say so instead.</summary>
/// <remarks>Lives on the event loop, and <see cref="Overdue"/> is cancelled on it.</remarks>
internal sealed class SwitchPatience(TimeProvider time, SynchronizationContext loop)
{
    private CancellationTokenSource _overdue = new();
    private ITimer? _timer;

    /// <summary>A restart of ovs-vswitchd takes one or two seconds; a container runtime should not wait for more.</summary>
    public static TimeSpan Within { get; } = TimeSpan.FromSeconds(3);

    /// <summary>Cancelled while Open vSwitch has been away for more than <see cref="Within"/>.</summary>
    public CancellationToken Overdue => _overdue.Token;

    public void Lost()
    {
        if (_timer is not null)
            return;
        ITimer? mine = null;
        // Timers ring on any thread.
        mine = time.CreateTimer(_ => loop.Post(_ => Ring(mine), null), null, Within, Timeout.InfiniteTimeSpan);
        _timer = mine;
    }

    public void Back()
    {
        _timer?.Dispose();
        _timer = null;
        if (_overdue.IsCancellationRequested)
            _overdue = new CancellationTokenSource();
    }

    private void Ring(ITimer? rung)
    {
        if (rung is not null && ReferenceEquals(rung, _timer))
            _overdue.Cancel();
    }
}
