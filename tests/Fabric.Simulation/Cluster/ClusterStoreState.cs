using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>The one cluster store of a run, and who reaches it.</summary>
internal class ClusterStoreState(SimulationRun run)
{
    private readonly SortedSet<string> _cutOff = new(StringComparer.Ordinal);
    private readonly List<IStoreClient> _clients = [];
    private bool _isDown;

    /// <summary>What took effect; everything in it completes at once.</summary>
    public MemoryClusterStore Disk { get; } = new();

    protected SimulationRun Run => run;

    public StoreFaults Faults { get; set; } = StoreFaults.None;

    /// <summary>Told of every append that took effect, before its answer is under way.</summary>
    public required Action<Append> Written { get; init; }

    public bool IsDown
    {
        get => _isDown;
        set
        {
            _isDown = value;
            run.Loop.Note(value ? "the cluster store is gone" : "the cluster store is back");
            if (value)
                BreakWatches(_ => true, "the store is gone");
        }
    }

    public IReadOnlyCollection<string> CutOff => _cutOff;

    public bool IsReachedBy(string node) => !_isDown && !_cutOff.Contains(node);

    /// <summary>The store as the agent in a process reaches it.</summary>
    public virtual IClusterStore Connect(SimulatedProcess process, string node) => new SimulatedClusterStore(process, node, this);

    public void Attend(IStoreClient client)
    {
        _clients.RemoveAll(c => !c.IsAlive);
        _clients.Add(client);
    }

    public void Partition(string node)
    {
        if (!_cutOff.Add(node))
            return;
        run.Loop.Note($"{node} is cut off from the store");
        BreakWatches(c => c.Node == node, "no answer");
    }

    public void Reconnect(string node)
    {
        if (_cutOff.Remove(node))
            run.Loop.Note($"{node} reaches the store again");
    }

    /// <summary>Ends the watches of some clients at once; they are free to begin anew.</summary>
    public void BreakWatches(Func<IStoreClient, bool> whose, string reason)
    {
        foreach (var client in _clients.Where(c => c.IsAlive && whose(c)).ToArray())
            client.BreakWatches(reason);
    }

    public virtual void DeleteLease(string name)
    {
        // Everything in memory completes at once.
        if (Disk.ReadLeasesAsync(name, CancellationToken.None).Result is not [{ } lease, ..])
            return;
        run.Loop.Note($"somebody deletes lease {lease.Name}");
        _ = Disk.DeleteLeaseAsync(lease.Name, lease.Version, CancellationToken.None).Result;
    }

    /// <summary>Drops what a snapshot covers, as the store's or an operator's compaction does whenever it likes.</summary>
    public virtual void Compact(PersistenceId stream)
    {
        // Everything in memory completes at once.
        var head = Disk.ReadHeadAsync(stream, CancellationToken.None).Result;
        if (head.SnapshotSequenceNr == 0)
            return;
        run.Loop.Note($"{stream} is pruned through {head.SnapshotSequenceNr}");
        _ = Disk.PruneAsync(stream, head.SnapshotSequenceNr, CancellationToken.None).IsCompletedSuccessfully;
    }
}
