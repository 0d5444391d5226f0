using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

public sealed partial class CniService
{
    private async Task<CniResultFrame> AddAsync(
        CniRequest request, Sandbox sandbox, IpamRounds? ipam, CancellationToken cancellationToken)
    {
        var (result, error) = await AddInnerAsync(request, sandbox, ipam, cancellationToken);
        return result is not null
            ? CniReply.Added(result, request.Configuration.CniVersion)
            : CniReply.Failed(error!, request.Configuration.CniVersion);
    }

    private async Task<(CniResult? Result, CniError? Error)> AddInnerAsync(
        CniRequest request, Sandbox sandbox, IpamRounds? ipam, CancellationToken cancellationToken)
    {
        var attachment = request.Attachment!.Value;
        if (readiness() is { IsReady: false, IsFull: false } now)
            return (null, CniErrors.TryAgainLater(now.Reason, request.Correlation));
        // The journal still says "ready", and soon the opposite: its word would be taken back.
        if (withoutJournal.IsPending(attachment))
        {
            return (null, CniErrors.TryAgainLater(
                $"{attachment} was detached while the journal could not be written, and that is not journalled yet", request.Correlation));
        }
        var (annotated, invalid) = await AnnotateAsync(request, cancellationToken);
        if (annotated is null)
            return (null, invalid);
        request = annotated;
        var node = settings();
        if (request.Configuration.MtuBytes > node.MtuBytes)
        {
            return (null, CniErrors.InvalidConfiguration("mtu", $"{request.Configuration.MtuBytes}",
                $"at most the fabric's {node.MtuBytes}: larger packets would vanish in the tunnels", request.Correlation));
        }
        NetworkKeeper.Use? joined = null;
        if (request.Configuration.VirtualNetwork is { } network)
        {
            var (granted, failure) = await networks.UseAsync(network, attachment, request.Configuration.Ips, cancellationToken);
            if (granted is null)
                return (null, ErrorOf(failure!, request, PortState.Absent, sandbox));
            joined = granted;
        }
        // Until the attachment is in the journal, nothing else says that the network is needed here.
        using var use = joined;
        var wanted = Wanted(request, sandbox, node, use);
        if (MissingFamily(wanted, request) is { } missing)
            return (null, missing);
        // A retry while the first attempt's plugin runs waits for that attempt, and then finds it attached.
        using var turn = ipam is null ? null : await _leases.TakeAsync(attachment, cancellationToken);
        var known = fold.State.Ports.GetValueOrDefault(attachment, PortState.Absent);
        var needsLease = ipam is not null && known.Stage == PortStage.Absent;
        if (needsLease)
        {
            var outcome = await ipam!.ForwardAsync(cancellationToken);
            if (outcome is not IpamOutcome.Leased leased)
                return (null, ((IpamOutcome.Failed)outcome).Error);
            var (addresses, routes) = IpamRounds.Shape(leased.Result);
            if (turn!.IsDetached)
            {
                await ipam.UndoAsync(cancellationToken);
                return (null, CniErrors.TryAgainLater($"{attachment} was detached while being attached", request.Correlation));
            }
            wanted = wanted with { DelegatedAddresses = addresses, Routes = routes };
        }
        var answer = await AskAsync(request, new Port.Command.Attach(wanted), attachment);
        if (answer is AskResult.Replied { Reply: Port.Reply.Attached attached })
        {
            if (request.Configuration.Annotations == AnnotationUse.Unread)
                Annotations!.AttachedUnread(request.Args.Pod!, request.Configuration);
            return (ResultOf(attached.State, request, sandbox), null);
        }
        // The lease is undone, since the runtime may never call DEL for an ADD that failed.
        if (needsLease)
            await ipam!.UndoAsync(cancellationToken);
        return (null, ErrorOf(answer, request, known, sandbox));
    }

    private static PortEvent.AttachmentRequested Wanted(CniRequest request, Sandbox sandbox, CniSettings node, NetworkKeeper.Use? use)
    {
        var attachment = request.Attachment!.Value;
        var configuration = request.Configuration;
        return new PortEvent.AttachmentRequested(
            attachment,
            configuration.Network,
            configuration.Digest,
            sandbox.Ref,
            HostInterfaceName.Of(attachment),
            configuration.Mac ?? HostInterfaceName.MacOf(attachment),
            configuration.MtuBytes > 0 ? configuration.MtuBytes : node.MtuBytes,
            request.Args.Pod,
            Bridge.Id(node.Bridge),
            use is not null ? NetworkKeeper.PoolsOf(use.Joined) : configuration.Ipam is null ? node.Pools : [],
            configuration.Ips,
            configuration.Ipam?.Type,
            [],
            [],
            Attempt: 0,
            node.BootId,
            use is null ? null : new VirtualAttachment(use.Joined.Network, use.Claimed));
    }

    private static CniResult ResultOf(PortState port, CniRequest request, Sandbox sandbox)
    {
        var wanted = port.Request!;
        var ready = port.Ready!;
        var link = PortPlumber.LinkOf(port);
        var gateways = port.Assigned.Values.ToDictionary(a => a.Address.Address, a => (IpAddress?)a.Gateway);
        ImmutableArray<CniInterface> interfaces =
        [
            new(wanted.HostInterface.Value, ready.HostMac.ToString(), "", wanted.MtuBytes),
            new(wanted.Attachment.IfName.Value, ready.Mac.ToString(), sandbox.Ref.Path, wanted.MtuBytes),
        ];
        return new CniResult(
            interfaces,
            [.. link.Addresses.Select(a => new CniIp(a, gateways.GetValueOrDefault(a.Address) ?? GatewayOf(link, a), Interface: 1))],
            [.. link.Routes.Select(r => new CniRoute(r.Destination, r.Gateway))],
            request.Configuration.Dns);
    }

    private static IpAddress? GatewayOf(PodLinkRequest link, AddressPrefix address) =>
        link.Routes.FirstOrDefault(r => r.Destination.PrefixLength == 0 && r.Destination.IsV6 == address.Address.IsV6)?.Gateway;

    private static CniError ErrorOf(AskResult answer, CniRequest request, PortState known, Sandbox sandbox)
    {
        var attachment = request.Attachment!.Value;
        var network = request.Configuration.VirtualNetwork ?? request.Configuration.Network;
        var correlation = request.Correlation;
        if (answer is AskResult.Unavailable unavailable)
            return CniErrors.TryAgainLater($"{attachment} could not be attached: {unavailable.Reason}", correlation);
        if (answer is not AskResult.Rejected { Reason: var reason })
            return CniErrors.Unclassified($"unexpected answer {answer}", correlation);
        return reason.Code switch
        {
            "attached-otherwise" => CniErrors.AttachedDifferently(attachment, reason.Message, correlation),
            "unknown-network" => CniErrors.InvalidConfiguration(
                request.Configuration.Annotations.HasFlag(AnnotationUse.Network)
                    ? $"annotation {PodAnnotations.NetworkKey} of pod {request.Args.Pod}"
                    : "network",
                $"\"{network}\"", $"\"default\" or a virtual network's name: {reason.Message}", correlation),
            "blocks-exhausted" => CniErrors.PoolExhausted(network, reason.Message, correlation),
            "pool-exhausted" => CniErrors.PoolExhausted(network, reason.Message, correlation),
            "address-outside" or "address-reserved" or "address-held" or "address-differs" =>
                CniErrors.AddressUnavailable(request.Configuration.Ips.FirstOrDefault(), network, reason.Message, correlation),
            "interface-exists" => CniErrors.InterfaceExists(attachment.IfName, sandbox.Ref.Path, correlation),
            "ovs" or "ofports-exhausted" => CniErrors.PortFailed(HostInterfaceName.Of(attachment).Value, reason.Message, correlation),
            "sandbox" => CniErrors.HostNamespace(sandbox.Ref.Path, correlation),
            "kernel" => CniErrors.InputOutput($"attaching {attachment}", reason.Message, correlation),
            "internal" => CniErrors.Unclassified(reason.Message, correlation),
            _ => CniErrors.TryAgainLater(
                $"{attachment} could not be attached ({known.Stage.ToString().ToLowerInvariant()} before): {reason.Message}", correlation),
        };
    }
}
