using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Carries out what entities want done to kernel and Open vSwitch, and tells them what came of it.</summary>
/// <remarks>Lives on the event loop. Every call may come twice, and after a crash half done.</remarks>
public sealed class PortPlumber(
    IKernel kernel, Reconciler reconciler, NodeFold fold, Sandboxes sandboxes, IEntityHost host, TimeProvider time,
    IPlumberObserver observer) : IDriver
{
    private readonly Dictionary<AttachmentId, Task<PodLinkMade>> _attaching = [];

    /// <summary>The time within which a single step outside must answer.</summary>
    private static readonly TimeSpan StepWithin = TimeSpan.FromSeconds(25);

    public void Start(DriverRequest request) => _ = request.Call switch
    {
        DriverCall.Plumb call => PlumbAsync(request, call),
        DriverCall.Unplumb call => UnplumbAsync(request, call),
        DriverCall.WarmNeighbour call => WarmAsync(call),
        _ => throw new InvariantBrokenException($"no driver for {request.Call}"),
    };

    /// <summary>The kernel request that an attachment's state asks for.</summary>
    public static PodLinkRequest LinkOf(PortState port)
    {
        var request = port.Request!;
        // A virtual network is on the pod's link as a whole, and leads nowhere else.
        var routes = request.Routes.Length > 0 || request.Virtual is not null
            ? request.Routes
            : [.. port.Assigned.Values.OrderBy(a => a.Address.Address)
                .Select(a => new PodRoute(new Cidr(a.Gateway.IsV6 ? IpAddress.V6(0) : IpAddress.V4(0), 0), a.Gateway))];
        return new PodLinkRequest(
            request.Attachment, request.HostInterface, request.Mac, request.MtuBytes, port.Addresses, routes);
    }

    private async Task PlumbAsync(DriverRequest request, DriverCall.Plumb call)
    {
        var stage = "state";
        reconciler.Attaching(call.Attachment, request.Correlation, request.Causation);
        try
        {
            using var deadline = new CancellationTokenSource(StepWithin, time);
            await fold.WhenFoldedAsync(request.Ordering, deadline.Token);
            if (!fold.State.Ports.TryGetValue(call.Attachment, out var port) || port.Attempt != call.Attempt || !port.IsWanted)
                return;
            stage = "sandbox";
            using var sandbox = sandboxes.Borrow(call.Attachment, port.Request!.Sandbox)
                ?? throw new KernelException("sandbox", "open the namespace", "no request holds its namespace open any more", false);
            stage = "interface";
            var link = LinkOf(port);
            var made = await AttachAsync(link, sandbox, deadline.Token);
            stage = "port";
            reconciler.LinkAppeared(link.HostInterface);
            var there = await WhenForwardingAsync(request, call, deadline.Token);
            stage = "announcement";
            await kernel.AnnounceAsync(link, sandbox, deadline.Token);
            Tell(request, new Port.Command.Plumbed(new PortEvent.AttachmentReady(
                call.Attempt, made.HostIfIndex, made.HostMac, made.PodIfIndex, made.Mac, there.OfPort!.Value, there.InterfaceUuid)));
        }
        catch (KernelException e)
        {
            Tell(request, new Port.Command.PlumbFailed(call.Attempt, stage, e.Code, e.Message));
        }
        catch (SwitchException e)
        {
            Tell(request, new Port.Command.PlumbFailed(call.Attempt, stage, e.IsTransient ? "ovs-away" : "ovs", e.Message));
        }
        catch (OperationCanceledException)
        {
            // Not wanted any more, or too late: then the entity's own timer says so as well, and only the first one counts.
            Tell(request, new Port.Command.PlumbFailed(call.Attempt, stage, "timeout",
                $"no answer within {StepWithin.TotalSeconds:0} s"));
        }
        catch (Exception e)
        {
            observer.PlumbingBroke(call.Attachment, e);
            Tell(request, new Port.Command.PlumbFailed(call.Attempt, stage, "internal", e.Message));
        }
        finally
        {
            reconciler.Attached(call.Attachment, request.Correlation);
        }
    }

    private async Task<SwitchPort> WhenForwardingAsync(DriverRequest request, DriverCall.Plumb call, CancellationToken cancellationToken)
    {
        var overdue = reconciler.SwitchOverdue;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(overdue, cancellationToken);
        try
        {
            return await reconciler.WhenForwardingAsync(call.Attachment, request.Correlation, request.Causation, either.Token);
        }
        catch (OperationCanceledException) when (overdue.IsCancellationRequested)
        {
            throw new SwitchException("attach", "Open vSwitch does not answer", isTransient: true);
        }
    }

    private async Task UnplumbAsync(DriverRequest request, DriverCall.Unplumb call)
    {
        var stage = "state";
        try
        {
            using var deadline = new CancellationTokenSource(StepWithin, time);
            await fold.WhenFoldedAsync(request.Ordering, deadline.Token);
            if (!fold.State.Ports.TryGetValue(call.Attachment, out var port) || port.Attempt != call.Attempt || port.IsWanted)
                return;
            stage = "flows";
            await reconciler.WhenSilentAsync(call.Attachment, request.Correlation, request.Causation, deadline.Token);
            // The port and the interface are taken away side by side: nothing passes either of them any more.
            stage = "port and interface";
            using var sandbox = sandboxes.Borrow(call.Attachment, port.Request!.Sandbox);
            await Task.WhenAll(
                reconciler.WhenGoneAsync(call.Attachment, request.Correlation, request.Causation, deadline.Token),
                DetachAsync(call.Attachment, port.Request.HostInterface, sandbox, deadline.Token));
            reconciler.LinkVanished(port.Request.HostInterface);
            Tell(request, new Port.Command.Unplumbed(call.Attempt));
        }
        catch (Exception e) when (e is KernelException or SwitchException)
        {
            Tell(request, new Port.Command.UnplumbFailed(call.Attempt, $"{stage}: {e.Message}"));
        }
        catch (OperationCanceledException)
        {
            Tell(request, new Port.Command.UnplumbFailed(call.Attempt, $"{stage}: no answer within {StepWithin.TotalSeconds:0} s"));
        }
        catch (Exception e)
        {
            observer.PlumbingBroke(call.Attachment, e);
            Tell(request, new Port.Command.UnplumbFailed(call.Attempt, $"{stage}: {e.Message}"));
        }
    }

    private async Task<PodLinkMade> AttachAsync(PodLinkRequest link, Sandbox sandbox, CancellationToken cancellationToken)
    {
        var attaching = kernel.AttachAsync(link, sandbox, cancellationToken);
        _attaching[link.Attachment] = attaching;
        try
        {
            return await attaching;
        }
        finally
        {
            if (_attaching.TryGetValue(link.Attachment, out var latest) && latest == attaching)
                _attaching.Remove(link.Attachment);
        }
    }

    private async Task DetachAsync(
        AttachmentId attachment, InterfaceName hostInterface, Sandbox? sandbox, CancellationToken cancellationToken)
    {
        await WhenNotAttachingAsync(attachment);
        await kernel.DetachAsync(attachment, hostInterface, sandbox, cancellationToken);
    }

    /// <summary>
    /// Waits for the end of an attachment's kernel call that a DEL has overtaken: (1) ADD asks the kernel for the veth, (2) DEL is
    /// accepted, finds neither flow nor port and no veth yet, (3) the veth appears, and nobody would ever remove it.
    /// </summary>
    private async Task WhenNotAttachingAsync(AttachmentId attachment)
    {
        if (!_attaching.TryGetValue(attachment, out var attaching))
            return;
        try
        {
            await attaching;
        }
        catch (Exception e) when (e is KernelException or OperationCanceledException)
        {
            // Whoever asked for it hears of it; here it only matters that it is over.
        }
    }

    private async Task WarmAsync(DriverCall.WarmNeighbour call)
    {
        try
        {
            using var deadline = new CancellationTokenSource(StepWithin, time);
            await kernel.WarmNeighbourAsync(call.Vtep, deadline.Token);
        }
        catch (Exception e) when (e is KernelException or OperationCanceledException)
        {
            // Only the first packet's delay depends on it.
            observer.NeighbourCold(call.Vtep, e.Message);
        }
    }

    private void Tell(DriverRequest request, ICommand command) =>
        host.Tell(request.From, command, request.Correlation, request.Causation);
}
