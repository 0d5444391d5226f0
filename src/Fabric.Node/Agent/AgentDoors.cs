using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The agent's HTTP doors: the admin socket, metrics, probes. None can stop the agent.</summary>
internal sealed class AgentDoors : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];

    /// <exception cref="AgentException">A socket or address can't be listened on; the message names its option.</exception>
    public static async Task<AgentDoors> OpenAsync(NodeOptions options, string version, StateDirectory directory, EventLoop loop,
        SqliteNodeJournal journal, AgentLog log, TimeProvider time, NodeView view,
        IClusterOperations operations, Func<bool> hasStarted, CancellationToken cancellationToken)
    {
        var doors = new AgentDoors();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(options.AdminSocket)!);
            var admin = new AdminServer(loop, view, journal, directory.JournalPath, NodeEvents.Catalog, time, log, operations);
            doors._open.Add(admin);
            await Named("--admin-socket", options.AdminSocket, () => admin.StartAsync(options.AdminSocket, cancellationToken));
            log.Metrics = new NodeMetrics(version);
            if (options.MetricsAddress is { } metricsAddress)
            {
                var metrics = new MetricsServer(loop, view, journal, log.Metrics, time, log);
                doors._open.Add(metrics);
                await Named("--metrics-address", $"{metricsAddress}", () => metrics.StartAsync(metricsAddress, cancellationToken));
            }
            if (options.HealthAddress is { } healthAddress)
            {
                var health = new HealthServer(loop, new LoopPulse(loop, time), hasStarted, view.Readiness, time);
                doors._open.Add(health);
                await Named("--health-address", $"{healthAddress}", () => health.StartAsync(healthAddress, cancellationToken));
            }
            return doors;
        }
        catch
        {
            await doors.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var door in Enumerable.Reverse(_open))
            await door.DisposeAsync();
    }

    private static async Task Named(string option, string value, Func<Task> start)
    {
        try
        {
            await start();
        }
        catch (Exception e) when (e is HttpSocketException or IOException or UnauthorizedAccessException)
        {
            throw new AgentException($"{option} {value}: {e.Message}", e);
        }
    }
}
