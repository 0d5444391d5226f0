using System.Net.Sockets;
using Fabric.Linux.Netlink;
using Fabric.Linux.Route;

namespace Fabric.Linux.Pods;

/// <summary>Attaches pods to the host with veth pairs, and detaches them.</summary>
/// <remarks>
/// Thread-safe and without state: everything it decides on is read from the kernel. Ownership is the alias
/// (IFLA_IFALIAS) of a link, never its name. All calls block, none waits for the network. Failures are
/// <see cref="PodLinkException"/>.
/// </remarks>
/// <param name="host">The namespace in which the hosts' ends are made; not owned.</param>
public sealed partial class PodLink(RouteNetlink host)
{
    private const int LoopbackIndex = 1; // LOOPBACK_IFINDEX, fixed by the kernel.

    /// <summary>Makes the pod's interface ready for traffic, or leaves nothing behind.</summary>
    /// <remarks>
    /// Repeating the call of an attachment that exists takes its link over and brings it to the given form. A veth of
    /// this attachment whose other end is not that interface of that namespace is a leftover: it is deleted first.
    /// A crash inside the call leaves at most a veth that a repeated call, or its namespace's end, removes.
    /// </remarks>
    /// <exception cref="PodLinkException">A step failed; what the call had made is undone.</exception>
    public PodLinkFacts Attach(PodLinkSpec spec)
    {
        Validate(spec);
        var adopted = false;
        if (!TryCreate(spec, out var link))
        {
            var existing = AdoptOrClear(spec);
            adopted = existing is not null;
            if (existing is not null)
                link = existing;
            else if (!TryCreate(spec, out link))
                throw NameInUse(spec);
        }
        try
        {
            link = ConfigureHost(spec, link!, adopted);
            var pod = ConfigurePod(spec, link!, adopted);
            return new PodLinkFacts
            {
                HostIndex = link.Index,
                HostMac = link.Mac,
                PodIndex = pod.Index,
                PodMac = pod.Mac,
                MtuBytes = pod.MtuBytes,
                Namespace = spec.Namespace.Id,
                Adopted = adopted,
            };
        }
        catch (Exception failure) when (!adopted)
        {
            Undo(link!, failure);
            throw;
        }
    }

    /// <summary>Returns the interface, its addresses and its routes; null when the pod has no such interface.</summary>
    public static PodLinkState? Inspect(NetworkNamespace pod, string interfaceName) => Guard("inspect", () =>
    {
        using var inside = RouteNetlink.OpenIn(pod);
        if (inside.FindLink(interfaceName) is not { } link)
            return null;
        var routes = new List<Route.Route>(inside.ListRoutes(AddressFamily.InterNetwork, linkIndex: link.Index));
        routes.AddRange(inside.ListRoutes(AddressFamily.InterNetworkV6, linkIndex: link.Index));
        return new PodLinkState(link, inside.ListAddresses(link.Index), routes);
    });

    private bool TryCreate(PodLinkSpec spec, out Link? link)
    {
        try
        {
            link = host.CreateVeth(new VethPair
            {
                Name = spec.HostInterfaceName,
                PeerName = spec.InterfaceName,
                PeerNamespace = spec.Namespace,
                Mac = spec.HostMac,
                PeerMac = spec.Mac,
                MtuBytes = spec.MtuBytes,
                Group = spec.HostGroup,
            });
            return true;
        }
        catch (NetlinkException exception) when (exception.IsAlreadyPresent)
        {
            link = null;
            return false;
        }
        catch (NetlinkException exception)
        {
            throw Failed("create the veth pair", exception);
        }
    }

    /// <summary>Decides about what holds one of the two names: a link to take over, or null: cleared.</summary>
    private Link? AdoptOrClear(PodLinkSpec spec) => Guard("take over the existing link", () =>
    {
        if (host.FindLink(spec.HostInterfaceName) is not { } link)
            throw NameInUse(spec);
        if (!IsOurs(link, spec.Attachment, spec.HostGroup))
            throw Foreign("create the veth pair", link);
        using var inside = RouteNetlink.OpenIn(spec.Namespace);
        var pod = inside.FindLink(spec.InterfaceName);
        var peerIsPod = pod is not null && pod.Index == link.PeerIndex && pod.PeerIndex == link.Index
            && link.PeerNetnsId is { } id && host.FindNamespaceId(spec.Namespace) == id;
        if (peerIsPod && link.Alias == spec.Attachment)
            return link;
        host.DeleteLink(link.Index);
        return null;
    });

    private Link ConfigureHost(PodLinkSpec spec, Link link, bool adopted) => Guard("configure the host's end", () =>
    {
        var configured = link;
        var batch = new NetlinkBatch();
        LinkMessage.WriteChange(
            batch.Add(LinkMessage.Set, 0, $"set alias of {link.Name} and keep link-local addresses off it"),
            link.Index, new LinkChange
            {
                Alias = spec.Attachment,
                WithoutLinkLocal = true,
                Mac = adopted ? spec.HostMac : null,
                MtuBytes = adopted ? spec.MtuBytes : null,
                Group = adopted ? spec.HostGroup : null,
            });
        // Only now: a link that comes up before its mode is set gets a link-local address.
        LinkMessage.WriteChange(
            batch.Add(LinkMessage.Set, 0, $"set {link.Name} up"), link.Index, new LinkChange { Up = true });
        LinkMessage.WriteGet(
            batch.Add(LinkMessage.Get, 0, $"get link {link.Name}",
                (_, body) => configured = LinkMessage.Parse(body) ?? link), link.Index, null);
        host.Execute(batch);
        return configured;
    });

    private static Link ConfigurePod(PodLinkSpec spec, Link link, bool adopted)
    {
        using var inside = Guard("enter the pod's namespace", () => spec.Namespace.Run(() => PrepareInside(spec)));
        if (adopted)
            Guard("remove addresses of an earlier attempt", () => RemoveOtherAddresses(inside, spec, link.PeerIndex));
        return Guard("configure the pod's end", () =>
        {
            Link? pod = null;
            inside.Execute(PodBatch(spec, link.PeerIndex, adopted, found => pod = found));
            return pod ?? throw new NetlinkException($"get link {spec.InterfaceName}", Interop.Errno.NoDevice);
        });
    }

    /// <summary>What only a thread inside the pod's namespace can do; before the interface is up.</summary>
    private static RouteNetlink PrepareInside(PodLinkSpec spec)
    {
        var settings = $"net/ipv6/conf/{spec.InterfaceName}/";
        if (Sysctl.Exists(settings + "accept_ra"))
            Sysctl.Set(settings + "accept_ra", "0");
        // Some runtimes disable IPv6 in every new namespace; an address can't be added then.
        if (spec.Addresses.Any(a => a.Address.AddressFamily == AddressFamily.InterNetworkV6))
            Sysctl.Set(settings + "disable_ipv6", "0");
        if (!spec.TransmitChecksumOffload)
            Offload.DisableTransmitChecksum(spec.InterfaceName);
        return RouteNetlink.Open();
    }

    private static NetlinkBatch PodBatch(PodLinkSpec spec, int index, bool adopted, Action<Link?> found)
    {
        var name = spec.InterfaceName;
        var mode = (ushort)(NetlinkBatch.Create | (adopted ? NetlinkBatch.Replace : NetlinkBatch.Exclusive));
        var batch = new NetlinkBatch();
        LinkMessage.WriteChange(
            batch.Add(LinkMessage.Set, 0, "set lo up"), LoopbackIndex, new LinkChange { Up = true });
        LinkMessage.WriteChange(
            batch.Add(LinkMessage.Set, 0, $"set {name} up"), index, new LinkChange
            {
                Up = true,
                Alias = spec.Attachment,
                Mac = adopted ? spec.Mac : null,
                MtuBytes = adopted ? spec.MtuBytes : null,
            });
        foreach (var address in spec.Addresses)
        {
            var isV6 = address.Address.AddressFamily == AddressFamily.InterNetworkV6;
            AddressMessage.Write(
                batch.Add(AddressMessage.New, mode, $"add address {address.Address}/{address.PrefixLength} to {name}"),
                new InterfaceAddress
                {
                    LinkIndex = index,
                    Address = address.Address,
                    PrefixLength = address.PrefixLength,
                    Flags = isV6 ? AddressFlags.NoDad : 0,
                });
        }
        foreach (var route in spec.Routes)
        {
            var via = route.Gateway is null ? "" : $" via {route.Gateway}";
            RouteMessage.Write(
                batch.Add(RouteMessage.New, mode, $"add route {route.Destination}{via} on {name}"),
                new Route.Route
                {
                    Destination = route.Destination,
                    Gateway = route.Gateway,
                    OnLink = route.Gateway is not null,
                    LinkIndex = index,
                    MtuBytes = route.MtuBytes,
                }, deleting: false);
        }
        LinkMessage.WriteGet(
            batch.Add(LinkMessage.Get, 0, $"get link {name}", (_, body) => found(LinkMessage.Parse(body))),
            index, null);
        return batch;
    }

    private static void RemoveOtherAddresses(RouteNetlink inside, PodLinkSpec spec, int index)
    {
        var wanted = spec.Addresses.ToHashSet();
        foreach (var address in inside.ListAddresses(index))
        {
            if (address.Scope == AddressScope.Universe && !wanted.Contains(new(address.Address, address.PrefixLength)))
                inside.DeleteAddress(address);
        }
    }

    private void Undo(Link link, Exception failure)
    {
        try
        {
            host.DeleteLink(link.Index);
        }
        catch (NetlinkException exception)
        {
            throw new PodLinkException(
                PodLinkFailure.Kernel, "undo the attachment", $"{exception.Message}, after: {failure.Message}",
                exception);
        }
    }
}
