using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.EndToEnd;

/// <summary>Compares kernel, Open vSwitch and journal of a node with the pods that it should have.</summary>
public static class Leaks
{
    private static readonly ImmutableSortedSet<string> OwnPorts = [EndToEndNode.Gateway, "fabric-tunnel"];

    /// <summary>
    /// Waits until exactly these pods' addresses, links, ports and flows are there; what comes after a reply (links' deletion)
    /// has a moment to finish.
    /// </summary>
    public static Task MustBeExactlyAsync(EndToEndNode node, params Pod[] pods) => MustBeExactlyAsync(node,
        [.. pods.Select(p => (p.ContainerId, p.Address))], (_, id) => pods.Single(p => p.ContainerId == id).HostInterface);

    /// <summary>The same of a container runtime's sandboxes.</summary>
    public static Task MustBeExactlyAsync(EndToEndNode node, IReadOnlyList<LabSandbox> sandboxes) => MustBeExactlyAsync(node,
        [.. sandboxes.Select(s => (s.Id, s.Addresses[0]))],
        (state, id) => state.Ports.TryGetValue(AttachmentId.Parse($"{id}/eth0"), out var port) ? port.Request!.HostInterface.Value : "unknown");

    private static async Task MustBeExactlyAsync(
        EndToEndNode node, (string ContainerId, string Address)[] pods, Func<NodeState, string, string> hostInterfaceOf)
    {
        var found = new List<string>();
        try
        {
            await LabWait.UntilAsync(async () => (found = await FindAsync(node, pods, hostInterfaceOf)).Count == 0, "nothing is leaked");
        }
        catch (LabException e)
        {
            throw new InvalidOperationException($"{node.Lab.Name}: {string.Join("; ", found)}", e);
        }
    }

    private static async Task<List<string>> FindAsync(
        EndToEndNode node, (string ContainerId, string Address)[] pods, Func<NodeState, string, string> hostInterfaceOf)
    {
        var found = new List<string>();
        var state = await node.StateAsync();
        var hosts = pods.Select(p => hostInterfaceOf(state, p.ContainerId)).ToImmutableSortedSet();
        var attachments = pods.Select(p => AttachmentId.Parse($"{p.ContainerId}/eth0")).ToImmutableSortedSet();
        var addresses = pods.Select(p => IpAddress.Parse(p.Address, null)).ToImmutableSortedSet();
        if (addresses.Count != pods.Length)
            found.Add("an address is used twice");
        Compare(found, "links", hosts, HostLinks(node));
        Compare(found, "ports", hosts.Union(OwnPorts), node.BridgePorts());
        Compare(found, "attachments", attachments, [.. state.Ports.Keys]);
        Compare(found, "held ofports", attachments, [.. state.Bridge.Lending.Held.Keys]);
        foreach (var (pool, held) in state.Pools.Where(p => p.Value.Cidr is { IsV6: false }))
            Compare(found, pool.ToString(), addresses, [.. held.Lending.Holders.Keys]);
        var programmed = state.Flows.Programmed;
        if (programmed.Count != node.Flows().Length)
            found.Add($"{node.Flows().Length} flows on the bridge, {programmed.Count} in the journal");
        Compare(found, "addresses in flows", addresses, AddressesInFlows(node, state.PodCidrs));
        return found;
    }

    private static void Compare<T>(List<string> found, string what, ImmutableSortedSet<T> wanted, ImmutableSortedSet<T> there)
    {
        if (!wanted.SetEquals(there))
            found.Add($"{what}: [{string.Join(", ", there)}] instead of [{string.Join(", ", wanted)}]");
    }

    /// <summary>Fabric's veths in the node's namespace, those included that wait for their deletion.</summary>
    public static ImmutableSortedSet<string> HostLinks(EndToEndNode node) =>
    [
        .. JsonNode.Parse(node.Namespace.Ip("-json", "-details", "link", "show"))!.AsArray()
            .Where(l => l!["linkinfo"]?["info_kind"]?.GetValue<string>() == "veth"
                && l["ifname"]!.GetValue<string>() != LabNode.UnderlayNic)
            .Select(l => l!["ifname"]!.GetValue<string>()),
    ];

    private static ImmutableSortedSet<IpAddress> AddressesInFlows(EndToEndNode node, ImmutableArray<Cidr> cidrs)
    {
        var block = cidrs.First(c => !c.IsV6);
        var found = ImmutableSortedSet.CreateBuilder<IpAddress>();
        foreach (var flow in node.Flows())
        {
            foreach (var field in flow.Split(',', ' ').Where(f => f.StartsWith("nw_dst=", StringComparison.Ordinal)))
            {
                if (IpAddress.TryParse(field["nw_dst=".Length..], null, out var address) && block.Contains(address)
                    && address.Bits - block.Network.Bits > 2)
                    found.Add(address);
            }
        }
        return found.ToImmutable();
    }
}
