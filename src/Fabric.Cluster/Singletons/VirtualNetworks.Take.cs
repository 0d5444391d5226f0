using System.Collections.Immutable;
using System.Globalization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>How nodes come to their addresses: what the node had before, else the lowest free block of each family.</summary>
public sealed partial class VirtualNetworks
{
    private static Decision Take(Network network, NodeRef node)
    {
        if (network.Holdings.TryGetValue(node.Uid, out var held))
            return Decision.AcceptAndReply(new Reply.Taken(network.Vni, network.Subnets, held.Blocks));
        var blocks = ImmutableArray.CreateBuilder<Cidr>();
        foreach (var subnet in network.Subnets.OrderBy(s => s.Cidr))
        {
            // All families or none: pods with half their addresses would be started and never repaired.
            if ((Former(network, subnet, node.Uid) ?? Lowest(network, subnet)) is not { } block)
                return Decision.Reject("blocks-exhausted", Shortage(network, subnet));
            blocks.Add(block);
        }
        return Decision.AcceptAndReply(new Reply.Taken(network.Vni, network.Subnets, blocks.ToImmutable()),
            new VirtualNetworkEvent.BlocksTaken(network.Name, node.Node, node.Uid, blocks.ToImmutable()));
    }

    private static Decision Claimed(Network network, Command.ClaimAddress claim)
    {
        var address = claim.Address;
        if (network.Claims.TryGetValue(address, out var there))
        {
            return there.Uid == claim.Node.Uid && there.Attachment == claim.Attachment
                ? Done([])
                : Decision.Reject("address-held", $"it is claimed by {there.Attachment} on node {there.Node}");
        }
        if (network.Subnets.FirstOrDefault(s => s.Cidr.Contains(address)) is not { } subnet)
            return Decision.Reject("address-outside", $"it is not in {string.Join(", ", network.Subnets.Select(s => s.Cidr))}");
        if (subnet.IsReserved(address))
            return Decision.Reject("address-reserved", $"it is the gateway, excluded, or the first or last of {subnet.Cidr}");
        if (network.Holdings.Values.FirstOrDefault(h => h.Blocks.Any(b => b.Contains(address))) is { } holder)
            return Decision.Reject("address-held", $"it is in {holder.Blocks.First(b => b.Contains(address))}, node {holder.Node}'s block");
        // Where the holder was removed, its pods may still be about.
        return network.Resting.FirstOrDefault(r => r.Key.Contains(address) && r.Value.Uid != claim.Node.Uid) is { Value: not null } resting
            ? Decision.Reject("address-held", $"it is of {resting.Key}, which came back from another node and still rests: ask again later")
            : Done([new VirtualNetworkEvent.AddressClaimed(network.Name, address, claim.Node.Node, claim.Node.Uid, claim.Attachment)]);
    }

    // That it rests is no reason: the addresses that may still be about are this very node's.
    private static Cidr? Former(Network network, NetworkSubnet subnet, string uid) => network.Resting
        .Where(r => r.Value.Uid == uid && IsBlockOf(subnet, r.Key) && !HasClaim(network, r.Key))
        .Select(r => (Cidr?)r.Key).FirstOrDefault();

    private static Cidr? Lowest(Network network, NetworkSubnet subnet)
    {
        var taken = network.Holdings.Values.SelectMany(h => h.Blocks).Concat(network.Resting.Keys)
            // A claimed address is another pod's, or was until now, so the block around it is nobody's pool.
            .Concat(network.Claims.Keys.Concat(network.Resting.Keys.Select(r => r.Network))
                .Where(subnet.Cidr.Contains).Select(a => new Cidr(a, subnet.BlockPrefixLength)))
            .ToHashSet();
        // What is taken or excluded is passed over whole, so this ends long before an IPv6 subnet does.
        for (UInt128 i = 0; i < subnet.Blocks();)
        {
            var block = subnet.Cidr.Subnet(subnet.BlockPrefixLength, i);
            if (subnet.Excluded.FirstOrDefault(e => e.Contains(block)) is { PrefixLength: > 0 } excluded)
                i = ((excluded.Last.Bits - subnet.Cidr.Network.Bits) >> (block.Network.Width - subnet.BlockPrefixLength)) + 1;
            else if (taken.Contains(block))
                i++;
            else
                return block;
        }
        return null;
    }

    private static bool IsBlockOf(NetworkSubnet subnet, Cidr resting) =>
        resting.PrefixLength == subnet.BlockPrefixLength && subnet.Cidr.Contains(resting);

    private static bool HasClaim(Network network, Cidr block) => network.Claims.Keys.Any(block.Contains);

    private static string Shortage(Network network, NetworkSubnet subnet)
    {
        var holders = network.Holdings.Values.Where(h => h.Blocks.Any(subnet.Cidr.Contains)).Select(h => h.Node).Order().ToList();
        var resting = network.Resting.Keys.Count(r => IsBlockOf(subnet, r));
        var claimed = network.Claims.Keys.Where(subnet.Cidr.Contains)
            .Select(a => new Cidr(a, subnet.BlockPrefixLength)).Distinct()
            .Count(b => !network.Resting.ContainsKey(b) && !network.Holdings.Values.Any(h => h.Blocks.Contains(b)));
        return string.Create(CultureInfo.InvariantCulture,
                $"network {network.Name}: no free /{subnet.BlockPrefixLength} in {subnet.Cidr}: {holders.Count} of {subnet.Blocks()} blocks at ")
            + (holders.Count == 0 ? "no node" : Names(holders))
            + (resting == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {resting} came back and still rest"))
            + (claimed == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {claimed} have claimed addresses"))
            + (subnet.Excluded.IsEmpty ? "" : $", {string.Join(", ", subnet.Excluded)} excluded");
    }
}
