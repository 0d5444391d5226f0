using System.Collections.Immutable;
using Fabric.Ovs.Ovsdb;

namespace Fabric.Node.Kubernetes;

/// <summary>The names of all bridges of Open vSwitch, whoever made them, as soon as its database has them.</summary>
/// <remarks>
/// A session of its own that watches one column, so that it lives apart from the driver's and is served also while that one waits for
/// ovs-vswitchd. While ovsdb-server is away the last names hold: a restart of it makes no bridge come or go. Lives on the event loop.
/// </remarks>
/// <param name="database">unix: and the absolute path of the database's socket.</param>
public sealed class BridgeWatch(string database, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>A restart of ovsdb-server should not be noticed five seconds late.</summary>
    private static readonly OvsdbClientOptions s_options = new() { MaxBackoff = TimeSpan.FromSeconds(1) };

    private string? _fault;

    /// <summary>Null until the database has been read for the first time.</summary>
    public ImmutableSortedSet<string>? Names { get; private set; }

    /// <summary>Called on the loop when <see cref="Names"/> has changed.</summary>
    public Action? Changed { get; set; }

    /// <summary>Watches until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await FollowAsync(cancellationToken);
            }
            catch (OvsdbException e)
            {
                if (_fault != e.Message)
                    log.Warn($"the bridges of Open vSwitch can't be watched, the node's resources stay as they are: {e.Message}");
                _fault = e.Message;
            }
            await Task.Delay(RetryAfter, time, cancellationToken);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await using var client = await OvsdbClient.ConnectAsync(database, "Open_vSwitch", time, s_options, cancellationToken);
        await using var monitor = await client.MonitorAsync([new OvsdbMonitorTable("Bridge", ["name"])], cancellationToken);
        using var changes = monitor.Subscribe();
        while (await changes.Events.WaitToReadAsync(cancellationToken))
        {
            // Which events there were does not matter: the snapshot is newer than all of them.
            while (changes.Events.TryRead(out _))
            {
            }
            if (monitor.IsCurrent)
                Take(monitor.Snapshot);
        }
    }

    private void Take(OvsdbSnapshot snapshot)
    {
        _fault = null;
        var names = snapshot["Bridge"].Values.Select(b => b["name"].Text).OfType<string>().ToImmutableSortedSet(StringComparer.Ordinal);
        if (Names is { } before && before.SetEquals(names))
            return;
        Names = names;
        Changed?.Invoke();
    }
}
