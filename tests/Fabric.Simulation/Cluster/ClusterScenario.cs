using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>A cluster in trouble; then everything is healed, and each node must be what cluster and runtime say.</summary>
internal sealed class ClusterScenario
{
    /// <summary>The longest that a healed cluster may need: expired leases, two deadlines of an attachment, an orphan's grace, an audit.</summary>
    private static readonly TimeSpan HealsWithin = TimeSpan.FromMinutes(5);

    private readonly SimulationRun _run;
    private readonly SimulatedCluster _cluster;
    private readonly ClusterOperator _operator;
    private readonly ClusterTroubles _troubles;
    private readonly (Runtime Runtime, AttachmentId Attachment)[] _pods;

    public ClusterScenario(SimulationRun run, StoreKind store = StoreKind.Contract)
    {
        _run = run;
        var size = run.Random.Below(40) switch
        {
            < 20 => 3,
            < 32 => run.Random.Between(4, 5),
            < 38 => run.Random.Between(6, 9),
            _ => run.Random.Between(10, 20),
        };
        var shape = ClusterShape.Draw(run, size, store);
        var old = run.Random.Chance(run.Rate("two versions", 1)) ? run.Random.Below(size) : size;
        _cluster = new SimulatedCluster(run, size, old, shape);
        _operator = new ClusterOperator(run, _cluster);
        _troubles = new ClusterTroubles(run, _cluster, _operator);
        // Two on a machine at most: a block has room for four.
        var first = run.Random.Below(size);
        _pods =
        [
            .. Enumerable.Range(0, run.Random.Between(1, Math.Min(size, 4))).Select(i =>
                (_cluster.Runtimes[(first + i / 2) % size], AttachmentId.Parse($"pod{i}/eth0"))),
        ];
    }

    public void Play()
    {
        _troubles.Break();
        var clients = _pods.Select(p => _run.Loop.Run(() => ChurnAsync(p.Runtime, p.Attachment))).ToArray();
        for (var left = _run.Random.Below(6); left > 0; left--)
        {
            // Any step may be the last one before it; or nothing happens for a while.
            if (_run.Random.Chance(0.5))
            {
                var last = _run.Loop.Steps + _run.Random.Between(1, 300 * _cluster.Machines.Length);
                _run.Loop.RunUntil(() => _run.Loop.Steps >= last, TimeSpan.FromMinutes(1));
            }
            else
            {
                _run.Loop.RunFor(_run.Random.UpTo(TimeSpan.FromSeconds(18)));
            }
            _troubles.Next();
        }
        Finish(clients, "clients get on");
        // Long enough for what takes time: leases that run out, silence that removes, a quarantine.
        if (_run.Random.Chance(0.3))
            _run.Loop.RunFor(_run.Random.UpTo(TimeSpan.FromSeconds(60)));
        _troubles.Heal();
        Finish([.. _operator.SettleAsync()], "an operator who asks again is heard once nothing fails any more");
        Settle();
    }

    /// <summary>A runtime that adds and deletes, in any order, and does not always wait.</summary>
    private async Task ChurnAsync(Runtime runtime, AttachmentId attachment)
    {
        var calls = new List<Task>();
        for (var left = _run.Random.Between(1, 3); left > 0; left--)
        {
            await Task.Delay(_run.Random.UpTo(TimeSpan.FromSeconds(5)), _run.Loop.Time);
            var call = _run.Random.Chance(0.7) ? runtime.AddAsync(attachment) : runtime.DelAsync(attachment);
            calls.Add(call);
            if (_run.Random.Chance(0.7))
                await call;
        }
        foreach (var call in calls)
            await call;
    }

    /// <summary>The runtimes' last word, repeated until it is done; then nothing may differ from it.</summary>
    private void Settle()
    {
        var pods = _pods.Where(p => !p.Runtime.Machine.IsDecommissioned).ToArray();
        var stay = pods.Where(_ => _run.Random.Chance(0.8)).ToArray();
        var gone = pods.Except(stay).ToArray();
        var settling = pods.Select(p => _run.Loop.Run(() => InsistAsync(p.Runtime, p.Attachment, stay.Contains(p)))).ToArray();
        Finish(settling, "a retried ADD or DEL succeeds once nothing fails any more");
        string? reason = null;
        var end = _run.Loop.Now + HealsWithin;
        while ((reason = WhyNotSettled(stay, gone)) is not null && _run.Loop.Now < end)
            _run.Loop.RunFor(TimeSpan.FromSeconds(1));
        _run.Check(reason is null, $"the cluster is in step within {HealsWithin}, but {reason}");
        _run.Loop.Note("settled");
    }

    private string? WhyNotSettled((Runtime Runtime, AttachmentId Attachment)[] stay, (Runtime Runtime, AttachmentId Attachment)[] gone)
    {
        if (ClusterAudit.WhyNotInStep(_cluster) is { } reason)
            return reason;
        for (var i = 0; i < _cluster.Machines.Length; i++)
        {
            var runtime = _cluster.Runtimes[i];
            if (runtime.Machine.IsDecommissioned)
                continue;
            AttachmentId[] staying = [.. stay.Where(p => p.Runtime == runtime).Select(p => p.Attachment)];
            AttachmentId[] leaving = [.. gone.Where(p => p.Runtime == runtime).Select(p => p.Attachment)];
            if (HostAudit.WhyNotInStep(_cluster.Machines[i], staying, leaving) is { } trouble)
                return $"on {_cluster.Machines[i].Spec.Name} {trouble}";
        }
        return ClusterAudit.WhyNotReplayed(_cluster) ?? ClusterAudit.WhyNotReached(_cluster);
    }

    private async Task InsistAsync(Runtime runtime, AttachmentId attachment, bool stays)
    {
        while (!await (stays ? runtime.AddAsync(attachment) : runtime.DelAsync(attachment)))
            await Task.Delay(TimeSpan.FromSeconds(1), _run.Loop.Time);
    }

    private void Finish(Task[] tasks, string promise) =>
        _run.Check(_run.Loop.RunUntil(() => Array.TrueForAll(tasks, t => t.IsCompleted), HealsWithin), promise);
}
