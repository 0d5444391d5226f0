using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What a network may look like, and which VNI it gets.</summary>
public sealed partial class VirtualNetworks
{
    /// <summary>The block size of a subnet unless the operator says otherwise: /26, /120 for IPv6, or all of a smaller subnet.</summary>
    public static int DefaultBlockPrefixLength(Cidr subnet) => Math.Max(subnet.PrefixLength, subnet.IsV6 ? 120 : 26);

    private static Decision Create(State state, Command.Create create)
    {
        var name = create.Network;
        if (name.Value == VtepMesh.DefaultNetwork || create.Reserved.Contains(name.Value, StringComparer.Ordinal))
            return Decision.Reject("network-invalid", $"'{name}' is the default network, which every cluster has: choose another name");
        if (Find(state, name) is { } there)
        {
            return there.Subnets.SequenceEqual(create.Subnets) && (create.Vni is null || create.Vni == there.Vni)
                ? Decision.AcceptAndReply(new Reply.Created(there.Vni))
                : Decision.Reject("network-exists",
                    $"network {name} exists with VNI {there.Vni} and {string.Join("; ", there.Subnets)}; a network is never changed");
        }
        if (Fault(create.Subnets) is { } fault)
            return Decision.Reject("network-invalid", $"network {name}: {fault}");
        if (create.Vni is { } chosen)
        {
            if (chosen == Vni.OfPaths)
                return Decision.Reject("vni-in-use", $"VNI {chosen} is kept for BFD's packets: choose another, or none");
            if (chosen == create.DefaultVni)
                return Decision.Reject("vni-in-use", $"VNI {chosen} is the default network's: choose another, or none");
            if (state.Networks.Values.FirstOrDefault(n => n.Vni == chosen) is { } other)
                return Decision.Reject("vni-in-use", $"VNI {chosen} is network {other.Name}'s: choose another, or none");
            return Made(chosen, isChosen: true);
        }
        // Never one that was given before: what a node that was away still sends under it must reach nobody.
        var next = Math.Max(FirstVni, state.LastVni + 1);
        while (next < Vni.OfPaths.Value && (next == create.DefaultVni.Value || state.ChosenVnis.Contains(new Vni(next))))
            next++;
        return next >= Vni.OfPaths.Value
            ? Decision.Reject("vnis-exhausted", $"every VNI from {FirstVni} to {Vni.OfPaths.Value - 1} was given once: choose one that is free now")
            : Made(new Vni(next), isChosen: false);

        Decision Made(Vni vni, bool isChosen) => Decision.AcceptAndReply(
            new Reply.Created(vni), new VirtualNetworkEvent.NetworkCreated(name, vni, isChosen, create.Subnets));
    }

    /// <summary>What is wrong with a network's subnets, or null.</summary>
    private static string? Fault(ImmutableArray<NetworkSubnet> subnets) => subnets.Length == 0
        ? "it needs a subnet"
        : subnets.GroupBy(s => s.Cidr.IsV6).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? $"it can have one subnet of a family, not {string.Join(" and ", twice.Select(s => s.Cidr))}"
            : subnets.Select(Fault).FirstOrDefault(f => f is not null);

    private static string? Fault(NetworkSubnet subnet)
    {
        var cidr = subnet.Cidr;
        // A block must hold pods beside the subnet's own address and the gateway.
        var longest = cidr.Network.Width - 2;
        var length = subnet.BlockPrefixLength;
        if (Special.FirstOrDefault(s => s.Overlaps(cidr)) is { PrefixLength: > 0 } special)
            return $"{cidr} overlaps {special}, which is not for pods' addresses (RFC 6890)";
        if (length < cidr.PrefixLength || length > longest)
            return $"the block prefix length in {cidr} must be {cidr.PrefixLength} to {longest}, not {length}";
        if (!cidr.Contains(subnet.Gateway) || subnet.Gateway == cidr.Network || !cidr.IsV6 && subnet.Gateway == cidr.Last)
            return $"the gateway {subnet.Gateway} is no address for a host in {cidr}";
        return subnet.Excluded.Where(e => !cidr.Contains(e)).Select(e => $"what is excluded must be in {cidr}, not {e}").FirstOrDefault();
    }

    /// <summary>"This network", loopback, link-local and multicast: hosts and routers treat them in ways of their own.</summary>
    private static ImmutableArray<Cidr> Special { get; } =
    [
        Cidr.Parse("0.0.0.0/8"), Cidr.Parse("127.0.0.0/8"), Cidr.Parse("169.254.0.0/16"), Cidr.Parse("224.0.0.0/3"),
        Cidr.Parse("::/8"), Cidr.Parse("fe80::/10"), Cidr.Parse("ff00::/8"),
    ];
}
