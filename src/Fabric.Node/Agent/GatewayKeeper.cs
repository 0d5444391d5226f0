using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Keeps the gateway device, its routes and the nft rules as the newest state asks for.</summary>
/// <remarks>Lives on the event loop. Repeats every minute, so that a route that somebody deleted comes back.</remarks>
public sealed class GatewayKeeper(IKernel kernel, NodeFold fold, Reconciler reconciler, NodeParameters node, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    private readonly AsyncSignal _wake = new();

    /// <summary>Null once it is as it should be; else why not.</summary>
    public string? Fault { get; private set; } = "not configured yet";

    public void Wake() => _wake.Set();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var pause = RepeatAfter;
            if (fold.State.Bridge.Configured is { } bridge && reconciler.IsInStep && !await TryAsync(bridge, cancellationToken))
                pause = RetryAfter;
            await using var timer = time.CreateTimer(static self => ((GatewayKeeper)self!).Wake(), this, pause, Timeout.InfiniteTimeSpan);
            await _wake.WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> TryAsync(BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var change in await kernel.ConfigureGatewayAsync(RequestFor(bridge), cancellationToken))
                log.Info(change);
            Fault = null;
            return true;
        }
        catch (KernelException e)
        {
            if (Fault != e.Message)
                log.Warn($"gateway: {e.Message}");
            Fault = e.Message;
            return false;
        }
    }

    private GatewayRequest RequestFor(BridgeEvent.BridgeConfigured bridge) => new(
        bridge.Gateway,
        bridge.GatewayMac,
        bridge.MtuBytes,
        bridge.PodCidrs,
        bridge.ClusterCidrs,
        node.Options.NoMasqueradeCidrs,
        bridge.Overlay,
        bridge.OverlayPort,
        [.. bridge.Vteps.Concat(fold.State.Tunnels.Values.SelectMany(t => t.Vteps)).Distinct().Order()]);
}
