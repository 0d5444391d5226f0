using System.Globalization;
using System.Text.Json;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>Compares cluster, journals, kernels and flow tables once all is healed, without the product's help.</summary>
internal static class ClusterAudit
{
    private const string Network = "fabric";

    /// <summary>Why the cluster is not yet what it should be, or null. The cheap looks come first.</summary>
    public static string? WhyNotInStep(SimulatedCluster cluster) =>
        WhyNotUp(cluster) ?? WhyNoMesh(cluster) ?? WhyNoTunnels(cluster);

    /// <summary>Why two pods don't reach each other by the flow tables, or null.</summary>
    public static string? WhyNotReached(SimulatedCluster cluster)
    {
        var walk = new PacketWalk(cluster.Machines);
        var pods = cluster.Present.SelectMany(PodsOf).ToArray();
        foreach (var from in pods)
        {
            foreach (var to in pods)
            {
                if (from != to && from.Address.IsV6 == to.Address.IsV6 && walk.WhyNotReached(from, to) is { } reason)
                    return $"a packet from {from.Address} on {from.Machine.Spec.Name} to {to.Address} on {to.Machine.Spec.Name}: {reason}";
            }
        }
        return null;
    }

    /// <summary>Why what nodes and snapshots hold is not what the streams say when they are folded anew, or null.</summary>
    public static string? WhyNotReplayed(SimulatedCluster cluster)
    {
        var newest = cluster.Newest.Catalog;
        var (members, podCidrs) = (Replay(new Membership(), Membership.Id(Network)), Replay(new PodCidr(), PodCidr.Id(Network)));
        var expected = string.Join("; ", MemberView.Of(members.State, podCidrs.State).Select(Text));
        foreach (var machine in cluster.Present)
        {
            var held = string.Join("; ", machine.Agent.Cluster!.Read().Members.Select(Text));
            if (held != expected)
                return $"{machine.Spec.Name} holds {held}; the streams say {expected}";
        }
        return members.Fault ?? podCidrs.Fault ?? Replay(new VtepMesh(), VtepMesh.Id(Network)).Fault;

        (TState State, string? Fault) Replay<TState>(IEntity<TState> entity, PersistenceId id)
            where TState : class
        {
            var (state, fault) = (entity.Initial, (string?)null);
            // Everything in memory completes at once.
            var snapshot = cluster.Store.Disk.ReadSnapshotAsync(id, CancellationToken.None).Result;
            foreach (var envelope in cluster.Ledger.Streams[id])
            {
                if (!newest.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e))
                    return (state, $"{envelope.Manifest} can't be read");
                state = entity.Evolve(state, e);
                if (envelope.SequenceNr == snapshot?.SequenceNr
                    && !snapshot.Payload.Span.SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(state, entity.StateJson)))
                    fault = $"the snapshot of {id} at {snapshot.SequenceNr} is not what its events say";
            }
            return (state, fault);
        }
    }

    private static string Text(MemberView m) => string.Create(CultureInfo.InvariantCulture,
        $"{m.Node} {m.State} since {m.Since:O} ({m.Reason}) {m.Incarnation} {m.Uid} {string.Join(' ', m.PodCidrs)}");

    private static IEnumerable<PacketWalk.Endpoint> PodsOf(SimulatedMachine machine)
    {
        foreach (var port in machine.Ledger.Ports.Values.Where(p => p.IsReady))
        {
            // A pod on an address of an earlier block is reported, and its peers are not told of it.
            foreach (var address in port.Addresses.Where(a => machine.PodCidrs.Any(c => c.Contains(IpAddress.Parse(a)))))
            {
                yield return new PacketWalk.Endpoint(machine, port.OfPort!.Value,
                    machine.Kernel.Links[port.HostInterface].Seen.Mac, IpAddress.Parse(address));
            }
        }
    }

    private static string? WhyNotUp(SimulatedCluster cluster)
    {
        if (cluster.Machines.FirstOrDefault(m => m.IsDecommissioned && cluster.Ledger.Members.ContainsKey(m.Spec.Name)) is { } gone)
            return $"{gone.Spec.Name}, which is gone, is still a member";
        foreach (var machine in cluster.Present)
        {
            var name = machine.Spec.Name;
            if (machine.Agent.Core is not { } core || !machine.Agent.Process.IsAlive)
                return $"the agent of {name} does not run";
            if (core.Readiness.Now() is { IsReady: false } readiness)
                return $"{name} is not ready: {readiness.Reason}";
            if (!cluster.Ledger.Members.TryGetValue(name, out var member) || member.Uid != machine.Uid || member.State != "up")
                return $"{name} is not up as {machine.Uid}";
            var blocks = cluster.Ledger.BlocksOf(machine.Uid);
            if (blocks.Length != cluster.Shape.ClusterCidrs.Length || !blocks.SequenceEqual(machine.PodCidrs))
                return $"{name} was given {string.Join(", ", blocks)} and has {string.Join(", ", machine.PodCidrs)}";
        }
        return null;
    }

    private static string? WhyNoMesh(SimulatedCluster cluster)
    {
        if (!cluster.Ledger.Meshes.TryGetValue(Network, out var mesh) || mesh.Count != cluster.Present.Count())
            return "not every node is in the mesh, or more are";
        foreach (var machine in cluster.Present)
        {
            if (!mesh.TryGetValue(machine.Spec.Name, out var joined) || joined.NodeUid != machine.Uid
                || !joined.PodCidrs.SequenceEqual(machine.PodCidrs)
                || !joined.Vteps.SequenceEqual([IpAddress.Parse(machine.Spec.Vtep)]))
                return $"{machine.Spec.Name} is not in the mesh with its VTEP and {string.Join(", ", machine.PodCidrs)}";
        }
        return null;
    }

    private static string? WhyNoTunnels(SimulatedCluster cluster)
    {
        var mesh = cluster.Ledger.Meshes[Network];
        foreach (var machine in cluster.Present)
        {
            var name = machine.Spec.Name;
            var tunnels = machine.Ledger.Tunnels;
            foreach (var (peer, joined) in mesh)
            {
                if (peer != name && (!tunnels.TryGetValue(peer, out var open) || open.PeerUid != joined.NodeUid
                    || !open.Vteps.SequenceEqual(joined.Vteps) || !open.PodCidrs.SequenceEqual(joined.PodCidrs)))
                    return $"{name} has no tunnel to {peer} with what the mesh says of it";
            }
            if (tunnels.Keys.FirstOrDefault(p => p == name || !mesh.ContainsKey(p)) is { } stranger)
                return $"{name} has a tunnel to {stranger}, which is not another member of the mesh";
        }
        return null;
    }
}
