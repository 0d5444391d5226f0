using System.Globalization;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary>The answers as tables; 100 columns are enough unless names are very long.</summary>
internal static class Tables
{
    /// <param name="all">Also those that are no members any more and hold nothing.</param>
    public static void Members(MembersAnswer a, bool verbose, bool all, TextWriter output)
    {
        var table = verbose
            ? new Table("NODE", "STATE", "SINCE", "UNDERLAY", "POD CIDRS", "VERSION", "INCARNATION", "UID", "REASON")
            : new Table("NODE", "STATE", "SINCE", "UNDERLAY", "POD CIDRS", "REASON");
        foreach (var m in a.Members.Where(m => all || !m.IsFormer || !m.PodCidrs.IsEmpty))
        {
            var name = m.IsSingleton ? $"{m.Node} *" : m.IsFormer ? $"{m.Node} ({m.NodeUid})" : m.Node.Value;
            var since = Words.Time(m.Since, a.At);
            var (underlay, pods) = (Words.List(m.UnderlayAddresses), Words.List(m.PodCidrs));
            if (verbose)
                table.Add(name, m.State, since, underlay, pods, m.Version, $"{m.Incarnation}", m.NodeUid, m.Reason);
            else
                table.Add(name, m.State, since, underlay, pods, m.Reason);
        }
        table.Write(output);
        output.Write($"as {a.Node} knows it; * runs the cluster's singletons\nstore: {StatusView.Cluster(a.Cluster, a.At)}\n");
    }

    public static void Networks(NetworksAnswer a, TextWriter output)
    {
        var table = new Table("NETWORK", "VNI", "SUBNET", "GATEWAY", "BLOCKS", "CLAIMED", "NODES");
        foreach (var n in a.Networks)
        {
            foreach (var s in n.Subnets)
            {
                var all = s.Blocks == long.MaxValue ? "2^63 or more" : s.Blocks.ToString(CultureInfo.InvariantCulture);
                table.Add(n.Network.Value, n.Vni.ToString(), s.Cidr.ToString(), s.Gateway.ToString(),
                    $"{s.Used}/{all} of /{s.BlockPrefixLength}", $"{s.Claimed}", Words.List(n.Nodes));
            }
        }
        table.Write(output);
        output.Write($"as {a.Node} knows them; store: {StatusView.Cluster(a.Cluster, a.At)}\n");
    }

    public static void Mesh(MeshAnswer a, TextWriter output)
    {
        output.Write($"{a.Node}: VTEP {Words.List(a.Vteps)}, pods {Words.List(a.PodCidrs)}, "
            + $"{a.Overlay ?? "no overlay yet"}{(a.Vni is { } vni ? $" VNI {vni}" : "")}\n");
        var watched = a.Peers.Any(p => p.Bfd is not null);
        var table = watched
            ? new Table("PEER", "VTEP", "POD CIDRS", "STATE", "BFD", "SINCE")
            : new Table("PEER", "VTEP", "POD CIDRS", "STATE", "SINCE");
        foreach (var p in a.Peers)
        {
            var (vteps, cidrs, since) = (Words.List(p.Vteps), Words.List(p.PodCidrs), Words.Time(p.Since, a.At));
            if (watched)
                table.Add(p.Peer.Value, vteps, cidrs, p.State, p.Bfd ?? "-", since);
            else
                table.Add(p.Peer.Value, vteps, cidrs, p.State, since);
        }
        table.Write(output);
    }

    public static void Ports(PortsAnswer a, bool verbose, TextWriter output)
    {
        var table = verbose
            ? new Table("POD", "CONTAINER", "IF", "STAGE", "ADDRESSES", "OFPORT", "HOST IF", "MAC", "NETWORK", "SINCE")
            : new Table("POD", "IF", "STAGE", "ADDRESSES", "OFPORT", "HOST IF", "SINCE");
        foreach (var p in a.Ports)
        {
            var container = Words.ShortIds(p.Container.Value);
            var stage = p.Retries > 0 ? $"{p.Stage} ({p.Retries} retries)" : p.Stage;
            var (addresses, since) = (Words.List(p.Addresses), Words.Time(p.Since, a.At));
            if (verbose)
                table.Add(p.Pod?.ToString(), container, p.IfName.Value, stage, addresses, p.OfPort?.ToString(),
                    p.HostInterface?.Value, p.Mac?.ToString(),
                    p.VirtualNetwork is { } v ? $"{p.Network} ({v})" : p.Network?.Value, since);
            else
                table.Add(p.Pod?.ToString() ?? $"({container})", p.IfName.Value, stage, addresses, p.OfPort?.ToString(),
                    p.HostInterface?.Value, since);
        }
        table.Write(output);
    }

    public static void Ips(IpsAnswer a, TextWriter output)
    {
        var pools = new Table("POOL", "CIDR", "USED", "FREE", "RESTING");
        foreach (var p in a.Pools)
            pools.Add(p.Pool.Key, p.Cidr?.ToString(), $"{p.Used}",
                p.Free == long.MaxValue ? "2^63 or more" : p.Free.ToString(CultureInfo.InvariantCulture), $"{p.Resting}");
        pools.Write(output);
        output.Write("\n");
        var addresses = new Table("ADDRESS", "STATE", "POD", "HOLDER", "SINCE");
        foreach (var e in a.Pools.SelectMany(p => p.Addresses))
            addresses.Add(e.Address.ToString(), e.State, e.Pod?.ToString(),
                e.Holder is { } holder ? Words.ShortIds(holder.ToString()) : null, Words.Time(e.Since, a.At));
        addresses.Write(output);
    }

    /// <summary>One flow per line as ovs-ofctl would take it, the cause behind a comment sign.</summary>
    public static void Flows(FlowsAnswer a, TextWriter output)
    {
        var owner = "";
        foreach (var f in a.Flows)
        {
            var table = $"# table {f.Table}";
            if (table != owner)
                output.Write($"{owner = table}\n");
            var match = f.Match.Length > 0 ? $",{f.Match}" : "";
            output.Write($"cookie={f.Cookie},table={f.Table},priority={f.Priority}{match},actions={f.Actions}   # {f.Cause}\n");
        }
        output.Write($"# {a.Flows.Length} flows on {a.Bridge ?? "no bridge yet"}\n");
    }
}
