using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fabric.Linux;
using Fabric.Linux.Netlink;
using Fabric.Linux.Nftables;
using Fabric.Linux.Pods;
using Fabric.Linux.Route;
using Fabric.Messages;
using PodRoute = Fabric.Messages.PodRoute;

namespace Fabric.Node;

/// <summary>The kernel of this node, through netlink and nftables. The calls block for well under a millisecond each.</summary>
/// <remarks>Any thread; the work runs on pool threads, never on the event loop.</remarks>
public sealed class LinuxKernel : IKernel, IDisposable
{
    /// <summary>Marks a link as Fabric's: <c>fabric/CONTAINER/IFNAME</c> in IFLA_IFALIAS.</summary>
    private const string AliasPrefix = "fabric/";

    /// <summary>The group of host ends in use; makes a crash between creating and naming a link repairable.</summary>
    private const uint HostGroup = 0xFAB1;

    /// <summary>Discard (RFC 863): the datagram is only there to make the kernel resolve the way.</summary>
    private const int DiscardPort = 9;

    private const NeighbourStates SetByHand = NeighbourStates.Permanent | NeighbourStates.NoArp;

    private readonly RouteNetlink _host = RouteNetlink.Open();
    private readonly PodLink _links;
    private readonly LinkReaper _reaper;
    private readonly IngressDrop? _ingressDrop;
    private readonly GatewayDevice _gateway;

    /// <param name="netdev">
    /// Whether the datapath is in userspace: then the kernel must not answer what is meant for Open vSwitch, and checksums must be
    /// real.
    /// </param>
    /// <param name="failed">Told of a failure behind a reply, where no caller is left.</param>
    public LinuxKernel(bool netdev, Action<string> failed)
    {
        _links = new PodLink(_host);
        _reaper = new LinkReaper(_host, failed);
        _ingressDrop = netdev ? IngressDrop.Open() : null;
        // With the agent, not with the first pod: so the last pod leaves exactly what the first one found.
        _ingressDrop?.MakeTable();
        _gateway = new GatewayDevice(_host);
        _reaper.Reap();
    }

    public Task<PodLinkMade> AttachAsync(PodLinkRequest request, Sandbox sandbox, CancellationToken cancellationToken) =>
        RunAsync("attach", () =>
        {
            var facts = _links.Attach(SpecOf(request, sandbox));
            _ingressDrop?.Add(request.HostInterface.Value);
            return new PodLinkMade(
                facts.HostIndex, MacAddress.From(facts.HostMac), facts.PodIndex, MacAddress.From(facts.PodMac), facts.MtuBytes);
        }, cancellationToken);

    public Task AnnounceAsync(PodLinkRequest request, Sandbox sandbox, CancellationToken cancellationToken) =>
        RunAsync("announce", () =>
        {
            PodLink.Announce(NamespaceOf(sandbox), request.Attachment.IfName.Value,
                [.. request.Addresses.Select(a => a.Address.ToNet())]);
            return true;
        }, cancellationToken);

    public Task DetachAsync(
        AttachmentId attachment, InterfaceName hostInterface, Sandbox? sandbox, CancellationToken cancellationToken) =>
        RunAsync("detach", () =>
        {
            var alias = AliasOf(attachment);
            if (sandbox is not null)
                PodLink.Tombstone(NamespaceOf(sandbox), attachment.IfName.Value, alias);
            // Without an alias it is one that a crash left between making and naming it; the name is this attachment's alone.
            if (_host.FindLink(hostInterface.Value) is { } link
                && (link.Alias == alias || link is { Alias: "", Group: HostGroup }))
            {
                if (sandbox is not null && link.Alias == alias)
                    _reaper.Doom(link);
                else
                    // Nobody could rename the pod's end, so its name is free only when the pair is gone.
                    _host.DeleteLink(link.Index);
            }
            _ingressDrop?.Remove(hostInterface.Value);
            return true;
        }, cancellationToken);

    public Task<PodLinkSeen?> InspectAsync(AttachmentId attachment, Sandbox sandbox, CancellationToken cancellationToken) =>
        RunAsync("inspect", () => PodLink.Inspect(NamespaceOf(sandbox), attachment.IfName.Value) is { } seen
            ? new PodLinkSeen(
                MacAddress.From(seen.Link.Mac),
                seen.Link.MtuBytes,
                seen.Link.IsUp,
                [.. seen.Addresses.Select(a => new AddressPrefix(IpAddress.From(a.Address), a.PrefixLength))],
                [.. seen.Routes.Select(r => new PodRoute(CidrOf(r.Destination), r.Gateway is { } g ? IpAddress.From(g) : null))])
            : null, cancellationToken);

    public Task<ImmutableArray<HostLink>> ListAsync(CancellationToken cancellationToken) =>
        RunAsync("list links", () => _host.ListLinks()
            .Where(l => l.Group != LinkReaper.DoomedGroup && l.Alias.StartsWith(AliasPrefix, StringComparison.Ordinal))
            .Select(l => AttachmentId.TryParse(l.Alias.AsSpan(AliasPrefix.Length), CultureInfo.InvariantCulture, out var id)
                ? new HostLink(new InterfaceName(l.Name), id, l.Index)
                : null)
            .OfType<HostLink>()
            .ToImmutableArray(), cancellationToken);

    public Task<ImmutableArray<string>> ConfigureGatewayAsync(GatewayRequest request, CancellationToken cancellationToken) =>
        RunAsync("configure the gateway", () => _gateway.Configure(request), cancellationToken);

    public Task WarmNeighbourAsync(IpAddress vtep, CancellationToken cancellationToken) =>
        RunAsync("warm the neighbour", () =>
        {
            // The userspace datapath learns neighbours from the replies that pass it. A neighbour that the kernel knows already
            // is not asked for again, so it is made to ask. What an operator has set by hand stays.
            var known = _host.ListNeighbours(vtep.NetFamily)
                .Where(n => n.Address.Equals(vtep.ToNet()) && n.Mac is not null && (n.State & SetByHand) == 0)
                .ToArray();
            foreach (var neighbour in known)
            {
                // A probe is unicast, and Linux leaves the link-layer address out of its answer to one (RFC 4861, 4.4),
                // which makes it useless to Open vSwitch. A neighbour that is not known is asked for by multicast.
                if (vtep.IsV6)
                    _host.DeleteNeighbour(neighbour.LinkIndex, neighbour.Address);
                else
                    _host.ReplaceNeighbour(neighbour with { State = NeighbourStates.Probe });
            }
            if (known.Length > 0 && !vtep.IsV6)
                return true;
            using var socket = new Socket(vtep.NetFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.SendTo([], new IPEndPoint(vtep.ToNet(), DiscardPort));
            return true;
        }, cancellationToken);

    public void Dispose()
    {
        _ingressDrop?.Dispose();
        _gateway.Dispose();
        _host.Dispose();
    }

    private PodLinkSpec SpecOf(PodLinkRequest request, Sandbox sandbox) => new()
    {
        Namespace = NamespaceOf(sandbox),
        InterfaceName = request.Attachment.IfName.Value,
        HostInterfaceName = request.HostInterface.Value,
        Attachment = AliasOf(request.Attachment),
        MtuBytes = request.MtuBytes,
        Mac = request.Mac.ToPhysical(),
        Addresses = [.. request.Addresses.Select(a => new PodAddress(a.Address.ToNet(), a.PrefixLength))],
        Routes = [.. request.Routes.Select(r => new Fabric.Linux.Pods.PodRoute(
            new IPNetwork(r.Destination.Network.ToNet(), r.Destination.PrefixLength), r.Gateway?.ToNet()))],
        TransmitChecksumOffload = _ingressDrop is null,
        HostGroup = HostGroup,
    };

    private static string AliasOf(AttachmentId attachment) => AliasPrefix + attachment;

    private static NetworkNamespace NamespaceOf(Sandbox sandbox) => ((LinuxSandbox)sandbox).Namespace;

    private static Cidr CidrOf(IPNetwork network) => new(IpAddress.From(network.BaseAddress), network.PrefixLength);

    private static Task<T> RunAsync<T>(string operation, Func<T> work, CancellationToken cancellationToken) => Task.Run(() =>
    {
        try
        {
            return work();
        }
        catch (PodLinkException e)
        {
            var code = e.Reason switch
            {
                PodLinkFailure.InterfaceNameInUse => "interface-exists",
                PodLinkFailure.HostNamespace => "sandbox",
                _ => "kernel",
            };
            throw new KernelException(code, operation, e.Message, e.IsTransient, e);
        }
        catch (NetlinkException e)
        {
            throw new KernelException("kernel", operation, e.Message, e.IsTransient, e);
        }
        catch (SystemCallException e)
        {
            throw new KernelException("kernel", operation, e.Message, e.IsTransient, e);
        }
        catch (NftablesException e)
        {
            throw new KernelException("kernel", operation, e.Message, e.IsTransient, e);
        }
        catch (SocketException e)
        {
            throw new KernelException("kernel", operation, e.Message, isTransient: true, e);
        }
    }, cancellationToken);
}
