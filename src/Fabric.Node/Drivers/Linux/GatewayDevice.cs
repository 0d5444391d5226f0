using System.Collections.Immutable;
using System.Net;
using Fabric.Linux;
using Fabric.Linux.Nftables;
using Fabric.Linux.Route;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>
/// The node's own end of the bridge in the kernel: gateway and host identity, routes to all pods, kernel settings, nft rules
/// (docs/architecture.md, node identity and gateway device).
/// </summary>
internal sealed class GatewayDevice(RouteNetlink host) : IDisposable
{
    /// <summary>The next hop of the routes to pods. Link-local, on no link; its neighbour entry is the fabric's virtual MAC.</summary>
    private static readonly IPAddress NextHopV4 = IPAddress.Parse("169.254.1.1");

    private static readonly IPAddress NextHopV6 = IPAddress.Parse("fe80::fab");

    private readonly Nftables _nftables = Nftables.Open();
    private string? _appliedRuleset;

    public ImmutableArray<string> Configure(GatewayRequest request)
    {
        var changes = ImmutableArray.CreateBuilder<string>();
        var link = host.FindLink(request.Interface.Value)
            ?? throw new KernelException("kernel", "configure the gateway",
                $"Open vSwitch has not made the device {request.Interface} yet", isTransient: true);
        Settings(request, changes);
        if (link.MtuBytes != request.MtuBytes || MacAddress.From(link.Mac) != request.Mac)
        {
            host.ChangeLink(link.Index, new LinkChange { MtuBytes = request.MtuBytes, Mac = request.Mac.ToPhysical() });
            changes.Add($"{request.Interface}: MTU {request.MtuBytes}, MAC {request.Mac}");
        }
        Addresses(request, link, changes);
        if (!link.IsUp)
        {
            host.ChangeLink(link.Index, new LinkChange { Up = true });
            changes.Add($"{request.Interface} set up");
        }
        Routes(request, link);
        Ruleset(request, changes);
        return changes.ToImmutable();
    }

    private static void Settings(GatewayRequest request, ImmutableArray<string>.Builder changes)
    {
        var device = request.Interface.Value;
        Set("net/ipv4/ip_forward", "1", changes);
        Set($"net/ipv4/conf/{device}/forwarding", "1", changes);
        StrictReversePath(device, changes);
        Set("net/ipv4/conf/all/send_redirects", "0", changes);
        Set($"net/ipv4/conf/{device}/send_redirects", "0", changes);
        if (!request.PodCidrs.Any(c => c.IsV6))
            return;
        Set($"net/ipv6/conf/{device}/disable_ipv6", "0", changes);
        Set($"net/ipv6/conf/{device}/accept_ra", "0", changes);
        // The link-local address would otherwise depend on when the device came up.
        Set($"net/ipv6/conf/{device}/addr_gen_mode", "1", changes);
        Set("net/ipv6/conf/all/forwarding", "1", changes);
    }

    /// <summary>
    /// The effective rp_filter is the greater of "all" and the device's. "all" must therefore be 0, and each other device keeps
    /// what was in force for it.
    /// </summary>
    private static void StrictReversePath(string gateway, ImmutableArray<string>.Builder changes)
    {
        const string Conf = "net/ipv4/conf";
        Set($"{Conf}/{gateway}/rp_filter", "0", changes);
        var all = Sysctl.Read($"{Conf}/all/rp_filter");
        if (all == "0")
            return;
        foreach (var directory in Directory.GetDirectories($"/proc/sys/{Conf}"))
        {
            var device = Path.GetFileName(directory);
            if (device != "all" && device != gateway
                && string.CompareOrdinal(Sysctl.Read($"{Conf}/{device}/rp_filter"), all) < 0)
                Set($"{Conf}/{device}/rp_filter", all, changes);
        }
        Set($"{Conf}/all/rp_filter", "0", changes);
    }

    private static void Set(string name, string value, ImmutableArray<string>.Builder changes)
    {
        var change = Sysctl.Set(name, value);
        if (change.IsChange)
            changes.Add($"{change.Name.Replace('/', '.')}: {change.Before} → {change.After}");
    }

    private void Addresses(GatewayRequest request, Link link, ImmutableArray<string>.Builder changes)
    {
        var wanted = new List<InterfaceAddress>();
        foreach (var cidr in request.PodCidrs)
        {
            // Masquerade takes the first address it finds, which is the last one added in IPv6: host identity before gateway there.
            int[] order = cidr.IsV6 ? [2, 1] : [1, 2];
            wanted.AddRange(order.Select(i => new InterfaceAddress
            {
                LinkIndex = link.Index,
                Address = cidr.At((UInt128)i).ToNet(),
                PrefixLength = cidr.IsV6 ? 128 : 32,
                Flags = cidr.IsV6 ? AddressFlags.NoDad : 0,
                // Never chosen as a source unless a route says so.
                IsDeprecated = cidr.IsV6 && i == 2,
            }));
        }
        var there = host.ListAddresses(link.Index);
        foreach (var extra in there.Where(a => a.Scope == AddressScope.Universe && !wanted.Any(w => w.Address.Equals(a.Address))))
        {
            host.DeleteAddress(extra);
            changes.Add($"{request.Interface}: address {extra.Address} removed");
        }
        foreach (var missing in wanted.Where(w => !there.Any(a => a.Address.Equals(w.Address) && a.PrefixLength == w.PrefixLength)))
        {
            host.ReplaceAddress(missing);
            changes.Add($"{request.Interface}: address {missing.Address} added");
        }
    }

    private void Routes(GatewayRequest request, Link link)
    {
        foreach (var family in request.PodCidrs.GroupBy(c => c.IsV6))
        {
            var nextHop = family.Key ? NextHopV6 : NextHopV4;
            host.ReplaceNeighbour(new Neighbour
            {
                LinkIndex = link.Index, Address = nextHop, Mac = VirtualMac.Value.ToPhysical(), State = NeighbourStates.Permanent,
            });
            foreach (var cluster in request.ClusterCidrs.Where(c => c.IsV6 == family.Key))
            {
                host.ReplaceRoute(new Route
                {
                    Destination = new IPNetwork(cluster.Network.ToNet(), cluster.PrefixLength),
                    Gateway = nextHop,
                    OnLink = true,
                    LinkIndex = link.Index,
                    Source = family.First().At(2).ToNet(),
                });
            }
        }
    }

    private void Ruleset(GatewayRequest request, ImmutableArray<string>.Builder changes)
    {
        var text = NodeRuleset.Render(new NodeRulesetSpec
        {
            GatewayDevice = request.Interface.Value,
            ClusterCidrs = [.. request.ClusterCidrs.Select(ToNetwork)],
            NoMasqueradeCidrs = [.. request.NotMasqueraded.Select(ToNetwork)],
            HostIdentityV4 = request.PodCidrs.Where(c => !c.IsV6).Select(c => c.At(2).ToNet()).FirstOrDefault(),
            HostIdentityV6 = request.PodCidrs.Where(c => c.IsV6).Select(c => c.At(2).ToNet()).FirstOrDefault(),
            OverlayUdpPort = request.Overlay == OverlayKind.Gre ? null : request.OverlayPort,
            Vteps = [.. request.Vteps.Select(v => v.ToNet())],
        });
        if (text == _appliedRuleset && IsThere())
            return;
        _nftables.Run(text);
        _appliedRuleset = text;
        changes.Add("nft table inet fabric replaced");
    }

    /// <summary>Whether the table still exists: another program may have flushed the whole ruleset.</summary>
    private bool IsThere()
    {
        try
        {
            return _nftables.Run("list chain inet fabric postrouting").Length > 0;
        }
        catch (NftablesException)
        {
            // That is how nft says that there is none.
            return false;
        }
    }

    private static IPNetwork ToNetwork(Cidr cidr) => new(cidr.Network.ToNet(), cidr.PrefixLength);

    public void Dispose() => _nftables.Dispose();
}
