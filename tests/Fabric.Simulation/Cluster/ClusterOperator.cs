using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>Whoever removes and drains nodes, by way of any agent that answers, and remembers what was asked for.</summary>
internal sealed class ClusterOperator(SimulationRun run, SimulatedCluster cluster)
{
    private readonly SortedSet<string> _drained = new(StringComparer.Ordinal);

    /// <summary>Says that a machine is dead, which may be wrong.</summary>
    public void Remove(SimulatedMachine machine, bool isForced)
    {
        Permit(machine);
        Ask($"remove {machine.Spec.Name}", o => o.RemoveAsync(new NodeName(machine.Spec.Name), null, isForced, CancellationToken.None));
    }

    public void Drain(SimulatedMachine machine, bool isDrained)
    {
        if (isDrained)
        {
            _drained.Add(machine.Spec.Name);
            cluster.Ledger.Drained.Add(machine.Uid);
        }
        Ask($"{(isDrained ? "drain" : "undrain")} {machine.Spec.Name}",
            o => o.DrainAsync(new NodeName(machine.Spec.Name), isDrained, CancellationToken.None));
    }

    /// <summary>Takes everything back, and gives the blocks of machines free that are no more; repeated until it is done.</summary>
    public IEnumerable<Task> SettleAsync()
    {
        foreach (var name in _drained)
            yield return run.Loop.Run(() => InsistAsync($"undrain {name}", o => o.DrainAsync(new NodeName(name), false, CancellationToken.None)));
        foreach (var machine in cluster.Machines.Where(m => m.IsDecommissioned))
        {
            Permit(machine);
            yield return run.Loop.Run(() => RemoveForGoodAsync(machine, null, [machine.Uid, .. machine.FormerUids]));
        }
        foreach (var machine in cluster.Present)
        {
            foreach (var uid in machine.FormerUids)
            {
                Permit(machine);
                yield return run.Loop.Run(() => RemoveForGoodAsync(machine, uid, [uid]));
            }
        }
    }

    /// <summary>
    /// A machine that died before the cluster knew of it is refused, and its lease may still let it in: whoever is told so looks
    /// again. Whoever is told that it is removed does not.
    /// </summary>
    private async Task RemoveForGoodAsync(SimulatedMachine machine, string? uid, string[] uids)
    {
        if (await RemoveAsync() is OperationOutcome.Refused)
            _ = run.Loop.Run(LookAgainAsync);

        async Task LookAgainAsync()
        {
            do
            {
                await Task.Delay(TimeSpan.FromSeconds(5), run.Loop.Time);
            }
            while (!Array.Exists(uids, cluster.Ledger.IsKnown) || await RemoveAsync() is OperationOutcome.Refused);
        }

        Task<OperationOutcome> RemoveAsync() => InsistAsync($"remove {uid ?? machine.Spec.Name}",
            o => o.RemoveAsync(new NodeName(machine.Spec.Name), uid, true, CancellationToken.None));
    }

    /// <summary>Makes a virtual network; repeated until it is done.</summary>
    public Task CreateAsync(NetworkName network, NetworkSubnet subnet) => run.Loop.Run(() => InsistAsync(
        $"create {network}", o => o.CreateNetworkAsync(network, null, [subnet], CancellationToken.None)));

    private void Permit(SimulatedMachine machine)
    {
        cluster.Ledger.MayBeFreed.Add(machine.Uid);
        cluster.Ledger.MayBeFreed.UnionWith(machine.FormerUids);
    }

    private void Ask(string what, Func<IClusterOperations, Task<OperationOutcome>> operation) =>
        _ = run.Loop.Run(async () => run.Loop.Note($"{what}: {await AnswerAsync(operation)}"));

    private async Task<OperationOutcome> InsistAsync(string what, Func<IClusterOperations, Task<OperationOutcome>> operation)
    {
        OperationOutcome? outcome;
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(1), run.Loop.Time);
            outcome = await AnswerAsync(operation);
            run.Loop.Note($"{what}: {outcome}");
        }
        while (outcome is not (OperationOutcome.Done or OperationOutcome.Refused));
        return outcome;
    }

    /// <returns>Null: no agent answered, or the one that was asked died.</returns>
    private async Task<OperationOutcome?> AnswerAsync(Func<IClusterOperations, Task<OperationOutcome>> operation)
    {
        var agents = cluster.Machines.Select(m => m.Agent).Where(a => a is { Process.IsAlive: true, Cluster: not null }).ToArray();
        if (agents.Length == 0)
            return null;
        var agent = run.Random.Pick(agents);
        // Without RunContinuationsAsynchronously: WhenAny would then be told on the thread pool, outside the loop.
        var answer = new TaskCompletionSource<OperationOutcome>();
        _ = agent.Process.Run(async () => answer.TrySetResult(await operation(agent.Cluster!.Operations)));
        await Task.WhenAny(answer.Task, Task.Delay(TimeSpan.FromSeconds(30), run.Loop.Time));
        return answer.Task.IsCompletedSuccessfully ? await answer.Task : null;
    }
}
