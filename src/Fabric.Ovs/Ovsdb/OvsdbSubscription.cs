using System.Threading.Channels;

namespace Fabric.Ovs.Ovsdb;

/// <summary>The events of a monitor for one reader; dispose it to stop receiving.</summary>
public sealed class OvsdbSubscription : IDisposable
{
    private readonly OvsdbMonitor _monitor;
    private readonly Channel<OvsdbMonitorEvent> _events;
    private readonly int _capacity;
    private bool _lagging;

    internal OvsdbSubscription(OvsdbMonitor monitor, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        _monitor = monitor;
        _capacity = capacity;
        _events = Channel.CreateBounded<OvsdbMonitorEvent>(new BoundedChannelOptions(capacity)
        {
            SingleReader = true,
            SingleWriter = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
    }

    /// <summary>
    /// The events in order. It ends when this or the monitor is disposed, and with the exception when the monitor
    /// failed.
    /// </summary>
    public ChannelReader<OvsdbMonitorEvent> Events => _events.Reader;

    /// <summary>Stops receiving; events already received can still be read.</summary>
    public void Dispose()
    {
        _monitor.Remove(this);
        _events.Writer.TryComplete();
    }

    /// <summary>Never blocks. The caller holds the monitor's lock and has published the snapshot before.</summary>
    /// <remarks>
    /// The last free place takes <see cref="OvsdbMonitorEvent.Lagged"/>. While that waits to be read nothing is added:
    /// its reader will look at the snapshot, which is newer. Once it has been taken the queue is empty, and the event
    /// at hand is at worst one that the reader finds in the snapshot as well.
    /// </remarks>
    internal void Publish(OvsdbMonitorEvent happened)
    {
        var waiting = _events.Reader.Count;
        if (_lagging && waiting > 0)
            return;
        _lagging = waiting == _capacity - 1;
        _events.Writer.TryWrite(_lagging ? new OvsdbMonitorEvent.Lagged() : happened);
    }

    internal void Complete(Exception failure) =>
        _events.Writer.TryComplete(failure is ObjectDisposedException ? null : failure);
}
