using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Keeps the gateway device, its routes and the nft rules as the newest state asks for.</summary>
/// <remarks>
/// Lives on the event loop. Repeats every minute, so that a route that somebody deleted comes back. A change of the state that is
/// none of its business (a pod's, as a rule) costs nothing: each repetition would make Open vSwitch read the kernel's routes anew.
/// </remarks>
public sealed class GatewayKeeper(IKernel kernel, NodeFold fold, Reconciler reconciler, NodeParameters node, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    private readonly AsyncSignal _wake = new();

    // What the newest success was for. State is immutable, so the same object is the same content.
    private (BridgeEvent.BridgeConfigured Bridge, object Tunnels, long At)? _done;

    /// <summary>Null once it is as it should be; else why not.</summary>
    public string? Fault { get; private set; } = "not configured yet";

    /// <summary>The state has changed.</summary>
    public void Wake() => _wake.Set();

    /// <summary>The device itself may have changed.</summary>
    public void Repeat()
    {
        _done = null;
        _wake.Set();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var pause = RepeatAfter;
            if (fold.State.Bridge.Configured is { } bridge && reconciler.IsInStep && !IsDone(bridge)
                && !await TryAsync(bridge, cancellationToken))
                pause = RetryAfter;
            await using var timer = time.CreateTimer(static self => ((GatewayKeeper)self!).Repeat(), this, pause, Timeout.InfiniteTimeSpan);
            await _wake.WaitAsync(cancellationToken);
        }
    }

    private bool IsDone(BridgeEvent.BridgeConfigured bridge) => _done is { } done
        && ReferenceEquals(done.Bridge, bridge) && ReferenceEquals(done.Tunnels, fold.State.Tunnels)
        && time.GetElapsedTime(done.At) < RepeatAfter;

    private async Task<bool> TryAsync(BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken)
    {
        // Before the work: a Repeat while it is under way must not be overwritten by its end.
        _done = (bridge, fold.State.Tunnels, time.GetTimestamp());
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
            _done = null;
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
