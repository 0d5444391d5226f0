using Fabric.Messages;

namespace Fabric.Node.Cni;

public sealed partial class CniService
{
    private static readonly TimeSpan PassWithin = TimeSpan.FromSeconds(5);

    /// <summary>Compares an attachment with kernel and Open vSwitch, after one reconcile pass if something differs.</summary>
    private async Task<CniError?> CheckAsync(
        CniRequest request, Sandbox sandbox, IpamRounds? ipam, CancellationToken cancellationToken)
    {
        var attachment = request.Attachment!.Value;
        if (!fold.State.Ports.TryGetValue(attachment, out var port) || port.Stage != PortStage.Ready)
            return CniErrors.UnknownContainer(attachment, request.Configuration.VirtualNetwork ?? request.Configuration.Network, request.Correlation);
        if (!port.Request!.Sandbox.IsSameNamespace(sandbox.Ref))
            return CniErrors.AttachedDifferently(attachment, "it is attached in another network namespace", request.Correlation);
        var differences = new List<string>();
        if (reconciler.IsInStep)
            await CompareSwitchAsync(port, differences, cancellationToken);
        if (!reconciler.IsInStep || differences.Count > 0)
        {
            // That Open vSwitch is away says nothing about the attachment.
            if (!await PassesAsync(cancellationToken) && !reconciler.IsInStep)
            {
                return CniErrors.TryAgainLater(
                    $"{attachment} can't be checked: Open vSwitch does not answer, or is not in step yet", request.Correlation);
            }
            differences.Clear();
            await CompareSwitchAsync(port, differences, cancellationToken);
        }
        CompareLink(await kernel.InspectAsync(attachment, sandbox, cancellationToken), port, request, differences);
        if (differences.Count > 0)
            return CniErrors.AttachmentDiffers(attachment, differences, request.Correlation);
        return ipam is null ? null : await ipam.ForwardPlainAsync(cancellationToken);
    }

    /// <summary>Waits for one reconcile pass: what it can repair is no difference worth a new pod.</summary>
    private async Task<bool> PassesAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(PassWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await reconciler.AuditAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task CompareSwitchAsync(PortState port, List<string> differences, CancellationToken cancellationToken)
    {
        var wanted = port.Request!;
        if (!ovs.Ports.TryGetValue(wanted.HostInterface, out var there))
            differences.Add($"Open vSwitch has no port {wanted.HostInterface}");
        else if (there.Error is { Length: > 0 } error)
            differences.Add($"Open vSwitch's port {wanted.HostInterface} is broken: {error}");
        else if (there.OfPort != port.OfPort)
            differences.Add($"Open vSwitch's port {wanted.HostInterface} has ofport {there.OfPort}, not {port.OfPort}");
        else if (!await HasFlowsAsync(wanted.Attachment, cancellationToken))
            differences.Add("flows are missing or changed");
    }

    private async Task<bool> HasFlowsAsync(AttachmentId attachment, CancellationToken cancellationToken)
    {
        try
        {
            return await reconciler.HasFlowsOnBridgeAsync(Port.Id(attachment), cancellationToken);
        }
        catch (SwitchException)
        {
            // It went away just now: then they are not there, and the pass that follows tells.
            return false;
        }
    }

    /// <summary>
    /// Against prevResult where it speaks: a later plugin of the chain may have changed MAC and routes on purpose.
    /// </summary>
    private static void CompareLink(PodLinkSeen? seen, PortState port, CniRequest request, List<string> differences)
    {
        var wanted = port.Request!;
        if (seen is null)
        {
            differences.Add($"the pod has no interface {wanted.Attachment.IfName}");
            return;
        }
        if (!seen.IsUp)
            differences.Add($"{wanted.Attachment.IfName} is down");
        var previous = request.Configuration.PrevResult!;
        var mac = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length > 0 && i.Name == wanted.Attachment.IfName.Value)?.Mac;
        var wantedMac = mac is { Length: > 0 } && MacAddress.TryParse(mac, null, out var parsed) ? parsed : wanted.Mac;
        if (seen.Mac != wantedMac)
            differences.Add($"{wanted.Attachment.IfName} has MAC {seen.Mac}, not {wantedMac}");
        var mine = port.Addresses.Select(a => a.Address).ToHashSet();
        foreach (var address in previous.Ips.Where(i => mine.Contains(i.Address.Address)).Select(i => i.Address)
                     .Concat(port.Addresses).Distinct().Where(a => !seen.Addresses.Contains(a)))
            differences.Add($"{wanted.Attachment.IfName} has no address {address}");
        foreach (var route in previous.Routes.Where(r => !HasRoute(seen, r)))
            differences.Add($"the pod has no route {route.Destination}{(route.Gateway is { } gw ? $" via {gw}" : "")}");
    }

    private static bool HasRoute(PodLinkSeen seen, CniRoute route) => seen.Routes.Any(r =>
        r.Destination == route.Destination && (route.Gateway is null || r.Gateway == route.Gateway));
}
