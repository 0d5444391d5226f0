using System.Collections.Immutable;
using System.Globalization;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>Machines with one cluster store between them, and the checks that look on.</summary>
internal sealed class SimulatedCluster
{
    private readonly SimulationRun _run;
    private readonly SimulatedKubernetes? _kubernetes;

    /// <param name="size">How many machines there are.</param>
    /// <param name="oldVersions">How many of them begin with a version that does not know the newest events.</param>
    /// <param name="kubernetes">Null: there is none.</param>
    public SimulatedCluster(SimulationRun run, int size, int oldVersions, ClusterShape shape, SimulatedKubernetes? kubernetes = null)
    {
        (_run, _kubernetes) = (run, kubernetes);
        Shape = shape;
        Ledger = new ClusterLedger(run, shape.ClusterCidrs, shape.Quarantine * (1 - 2 * shape.Drift))
        {
            IsEmptied = uid => Machines.FirstOrDefault(m => m.Uid == uid)?.Ledger.Ports.Count == 0,
            // Everything in memory completes at once.
            SnapshotOf = stream => Store!.Disk.ReadHeadAsync(stream, CancellationToken.None).Result.SnapshotSequenceNr,
            CatalogOf = name => Machines.First(m => m.Spec.Name == name).Streams.Catalog,
        };
        Networks = new NetworkLedger(run, shape.Quarantine * (1 - 2 * shape.Drift));
        Store = shape.Store == StoreKind.Kubernetes
            ? new KubernetesStoreState(run, shape.NewStreams.Catalog) { Written = Written }
            : new ClusterStoreState(run) { Written = Written };
        Newest = oldVersions == size ? shape.OldStreams : shape.NewStreams;
        Machines = [.. Enumerable.Range(0, size).Select(i => Machine(i, i < oldVersions))];
        Runtimes = [.. Machines.Select(m => new Runtime(run, m))];
    }

    public ClusterShape Shape { get; }

    /// <summary>What the newest version knows that any member begins with.</summary>
    public StreamRules Newest { get; }

    public ClusterStoreState Store { get; }

    public ClusterLedger Ledger { get; }

    public NetworkLedger Networks { get; }

    public ImmutableArray<SimulatedMachine> Machines { get; }

    /// <summary>Those that are to be members in the end.</summary>
    public IEnumerable<SimulatedMachine> Present => Machines.Where(m => !m.IsDecommissioned);

    public ImmutableArray<Runtime> Runtimes { get; }

    /// <summary>The streams that there are, and that a compaction may be of.</summary>
    public ImmutableArray<PersistenceId> Streams { get; } =
        [Membership.Id("fabric"), PodCidr.Id("fabric"), VtepMesh.Id("fabric"), VirtualNetworks.Id("fabric")];

    /// <summary>Whose agent holds the singletons, as far as that agent knows.</summary>
    public SimulatedMachine? Holder => Machines.FirstOrDefault(m => m.Agent is { Process.IsAlive: true, Cluster: { } c }
        && c.Read().IsSingleton);

    private SimulatedMachine Machine(int index, bool isOld)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"node-{index:00}");
        var machine = new SimulatedMachine(_run, new MachineSpec
        {
            Name = name,
            Vtep = string.Create(CultureInfo.InvariantCulture, $"172.30.0.{index + 1}"),
            SnapshotEvery = Shape.SnapshotEvery,
            Drift = Shape.Drift * (2 * _run.Random.NextDouble() - 1),
            Store = process => Store.Connect(process, name),
            Kubernetes = _kubernetes is { } kubernetes ? kubernetes.Open : null,
            Options = new MachineSpec().Options with
            {
                ClusterCidrs = Shape.ClusterCidrs, NodePrefixLength = ClusterShape.NodePrefixLength,
                LeaseDuration = Shape.LeaseDuration, Quarantine = Shape.Quarantine, RemovalAfter = Shape.RemovalAfter,
            },
        })
        {
            Streams = isOld ? Shape.OldStreams : Shape.NewStreams,
            Excuses = IsExpected,
        };
        machine.Taken = (lender, number, attachment) => Taken(machine, lender, number, attachment);
        return machine;
    }

    private void Written(Append append)
    {
        Ledger.Record(append);
        Networks.Record(append);
    }

    /// <summary>No address is held twice in the cluster, and each is of a block that the cluster gave to this very node.</summary>
    private void Taken(SimulatedMachine machine, PersistenceId lender, string number, AttachmentId attachment)
    {
        if (lender.Kind != "pool")
            return;
        var address = IpAddress.Parse(number);
        var network = lender.Key[..lender.Key.LastIndexOf('-')];
        if (network != "fabric")
        {
            _run.Check(Networks.MayGive(new NetworkName(network), address, machine.Uid, attachment) || Ledger.EverFreed.Contains(machine.Uid)
                    || Ledger.MayBeFreed.Contains(machine.Uid),
                $"{machine.Spec.Name} ({machine.Uid}) gives {address} of {network} to {attachment}, and it is not its to give");
            return;
        }
        foreach (var other in Machines)
        {
            // An operator has said that the former holder is dead: its pods' addresses are reported there, and given here.
            if (!ReferenceEquals(other, machine) && other.Ledger.IsHeld(number)
                && !Ledger.EverFreed.Contains(other.Uid) && !Ledger.EverFreed.Contains(machine.Uid))
                _run.Check(false, $"{address} is taken for {attachment} on {machine.Spec.Name} while {other.Spec.Name} has it");
        }
        // Whoever was removed can't know it while the store is out of reach.
        _run.Check(Ledger.HolderOf(address) == machine.Uid || Ledger.EverFreed.Contains(machine.Uid),
            $"{machine.Spec.Name} ({machine.Uid}) gives {address} to {attachment}, but the block is {Ledger.HolderOf(address) ?? "nobody"}'s");
    }

    // An old version says once of each stream that it can't read on.
    private static bool IsExpected(string error) => error.Contains("which this version does not know", StringComparison.Ordinal);
}
