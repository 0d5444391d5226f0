using System.Collections.Immutable;
using System.Globalization;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>The kernel as one agent reaches it: slow, and between two of its steps the agent may die.</summary>
/// <remarks>The order of steps is that of the real driver: pair, alias, addresses; tombstone of the pod's end, then the pair.</remarks>
internal sealed class SimulatedKernel(SimulationRun run, SimulatedProcess process, SimulatedMachine machine) : IKernel
{
    private readonly KernelState _state = machine.Kernel;

    public async Task<PodLinkMade> AttachAsync(PodLinkRequest request, Sandbox sandbox, CancellationToken cancellationToken)
    {
        await StepAsync("attach", machine.Faults.KernelFails);
        var pod = ((SimulatedSandbox)sandbox).Namespace;
        var podName = request.Attachment.IfName.Value;
        var link = TakeOver(request, pod, podName);
        var adopted = link is not null;
        if (link is null)
        {
            if (pod.Interfaces.ContainsKey(podName))
                throw new KernelException("interface-exists", "attach", $"{podName} exists", isTransient: false);
            link = _state.Create(request.HostInterface.Value, pod, podName);
        }
        try
        {
            await StepAsync("set alias", machine.Faults.AttachBreaks);
            Require(link);
            link.Alias = request.Attachment;
            await StepAsync("add addresses", machine.Faults.AttachBreaks);
            Require(link);
            _state.Configure(link, request);
            await StepAsync("get link", 0);
        }
        catch (KernelException) when (!adopted)
        {
            if (!link.IsGone)
                _state.Delete(link);
            throw;
        }
        return new PodLinkMade(link.Index, HostMacOf(link), link.PodIndex, request.Mac, request.MtuBytes);
    }

    public async Task AnnounceAsync(PodLinkRequest request, Sandbox sandbox, CancellationToken cancellationToken)
    {
        await StepAsync("announce", machine.Faults.KernelFails);
        if (!((SimulatedSandbox)sandbox).Namespace.Interfaces.ContainsKey(request.Attachment.IfName.Value))
            throw Declined("announce", $"{request.Attachment.IfName}: No such device");
    }

    public async Task DetachAsync(
        AttachmentId attachment, InterfaceName hostInterface, Sandbox? sandbox, CancellationToken cancellationToken)
    {
        await StepAsync("detach", machine.Faults.KernelFails);
        var podName = attachment.IfName.Value;
        if (sandbox is SimulatedSandbox { Namespace: var pod }
            && pod.Interfaces.TryGetValue(podName, out var inside) && inside is not null && inside.Alias == attachment)
        {
            pod.Interfaces.Remove(podName);
            inside.PodName = $"gone{inside.Index}";
            inside.Addresses.Clear();
            inside.IsUp = false;
            inside.Seen = inside.Seen with { IsUp = false };
            await StepAsync("doom", machine.Faults.KernelFails);
        }
        if (_state.Links.TryGetValue(hostInterface.Value, out var link) && !link.IsForeign
            && (link.Alias is null || link.Alias == attachment))
            _state.Delete(link);
        await StepAsync("delete link", 0);
    }

    public async Task<PodLinkSeen?> InspectAsync(AttachmentId attachment, Sandbox sandbox, CancellationToken cancellationToken)
    {
        await StepAsync("inspect", machine.Faults.KernelFails);
        return ((SimulatedSandbox)sandbox).Namespace.Interfaces.GetValueOrDefault(attachment.IfName.Value)?.Seen;
    }

    public async Task<ImmutableArray<HostLink>> ListAsync(CancellationToken cancellationToken)
    {
        await StepAsync("list links", machine.Faults.KernelFails);
        return [.. _state.Links.Values.Where(l => l.Alias is not null)
            .Select(l => new HostLink(new InterfaceName(l.Name), l.Alias!.Value, l.Index))];
    }

    public async Task<ImmutableArray<string>> ConfigureGatewayAsync(GatewayRequest request, CancellationToken cancellationToken)
    {
        await StepAsync("configure the gateway", machine.Faults.KernelFails);
        return [];
    }

    public async Task WarmNeighbourAsync(IpAddress vtep, CancellationToken cancellationToken) =>
        await StepAsync("warm", machine.Faults.KernelFails);

    private KernelState.Veth? TakeOver(PodLinkRequest request, KernelState.PodNamespace pod, string podName)
    {
        if (!_state.Links.TryGetValue(request.HostInterface.Value, out var link))
            return null;
        if (link.IsForeign || link.Alias is { } alias && alias != request.Attachment)
            throw Declined("attach", $"{link.Name} belongs to somebody else");
        if (link.Alias is not null && ReferenceEquals(link.Pod, pod) && link.PodName == podName)
            return link;
        _state.Delete(link);
        return null;
    }

    private async Task StepAsync(string operation, double failing)
    {
        run.Loop.AssertOnLoop(operation);
        machine.StepTaken($"kernel {operation}");
        await Task.Delay(run.Random.UpTo(machine.Faults.SlowestCall), process.Time);
        if (run.Random.Chance(failing))
        {
            process.Note($"kernel: {operation} fails");
            throw new KernelException("kernel", operation, "simulated failure", isTransient: true);
        }
    }

    private static MacAddress HostMacOf(KernelState.Veth link) =>
        MacAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"02:00:00:00:{link.Index >> 8 & 0xff:x2}:{link.Index & 0xff:x2}"));

    private static void Require(KernelState.Veth link)
    {
        if (link.IsGone)
            throw Declined("configure", $"{link.Name}: No such device");
    }

    private static KernelException Declined(string operation, string message) => new("kernel", operation, message, isTransient: false);
}
