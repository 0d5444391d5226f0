using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>Pods come and go while the agent is killed, the disk fails and the driver loses results.</summary>
public sealed class AttachmentSimulationTests
{
    [Fact]
    public void Nothing_is_held_twice_or_leaked_whatever_fails() =>
        Seeds.Run($"{nameof(AttachmentSimulationTests)}.{nameof(Nothing_is_held_twice_or_leaked_whatever_fails)}", 2000,
            run => new Scenario(run).Play());

    private sealed class Scenario
    {
        private readonly SimulationRun _run;
        private readonly MemoryJournal _disk = new();
        private readonly AttachmentLedger _ledger;
        private readonly PlumbedPorts _kernel;
        private readonly AttachmentId[] _attachments;
        private DiskFaults _faults;
        private SimulatedAgent _agent;
        private int _incarnation;

        public Scenario(SimulationRun run)
        {
            _run = run;
            _ledger = new AttachmentLedger(run);
            _kernel = new PlumbedPorts(run, _ledger)
            {
                Failing = run.Rate("driver fails", 0.3),
                Losing = run.Rate("driver loses", 0.2),
            };
            _faults = new DiskFaults
            {
                AppendLost = run.Rate("append lost", 0.15),
                AnswerLost = run.Rate("answer lost", 0.15),
                ReadFails = run.Rate("read fails", 0.1),
                SnapshotFails = run.Rate("snapshot fails", 0.3),
            };
            // Four usable addresses in the pool, so that the fifth pod exhausts it.
            var pods = run.Random.Between(1, 4);
            _attachments = [.. Enumerable.Range(0, pods).Select(i => AttachmentId.Parse($"pod{i}/eth0"))];
            _agent = StartAgent();
        }

        public void Play()
        {
            var clients = _attachments.Select(a => _run.Loop.Run(() => ChurnAsync(a))).ToArray();
            for (var crashes = _run.Random.Below(4); crashes > 0; crashes--)
            {
                // Any step may be the last one.
                var last = _run.Loop.Steps + _run.Random.Between(1, 400);
                _run.Loop.RunUntil(() => _run.Loop.Steps >= last, TimeSpan.FromMinutes(10));
                _agent.Process.Crash();
                _run.Loop.RunFor(_run.Random.UpTo(TimeSpan.FromSeconds(2)));
                _agent = StartAgent();
            }
            _run.Check(_run.Loop.RunUntil(() => Array.TrueForAll(clients, c => c.IsCompleted), TimeSpan.FromHours(2)), "clients get on");
            Heal();
            var settling = _attachments.Select(a => _run.Loop.Run(() => SettleAsync(a))).ToArray();
            _run.Check(_run.Loop.RunUntil(() => Array.TrueForAll(settling, c => c.IsCompleted), TimeSpan.FromMinutes(10)),
                "a retried attach or detach succeeds once nothing fails any more");
            _run.Loop.RunFor(TimeSpan.FromMinutes(1));
            foreach (var attachment in _attachments)
                CheckSettled(attachment);
        }

        private SimulatedAgent StartAgent() => new(_run, _disk, _faults, _kernel, _ledger, ++_incarnation);

        private void Heal()
        {
            _run.Loop.Note("healed");
            (_kernel.Failing, _kernel.Losing) = (0, 0);
            _faults = DiskFaults.None;
            _agent.Journal.Faults = _faults;
        }

        /// <summary>A runtime that adds and deletes, in any order, and does not always wait.</summary>
        private async Task ChurnAsync(AttachmentId attachment)
        {
            for (var calls = _run.Random.Between(2, 6); calls > 0; calls--)
            {
                await Task.Delay(_run.Random.UpTo(TimeSpan.FromSeconds(1)), _run.Loop.Time);
                var command = _run.Random.Chance(0.5) ? Attach(attachment) : Detach(attachment);
                var call = CallAsync(attachment, command);
                if (_run.Random.Chance(0.7))
                    await call;
            }
        }

        /// <summary>The runtime's last word, repeated until it is done.</summary>
        private async Task SettleAsync(AttachmentId attachment)
        {
            if (_run.Random.Chance(0.5))
            {
                while (!await CallAsync(attachment, Detach(attachment)))
                    await Task.Delay(TimeSpan.FromSeconds(1), _run.Loop.Time);
                return;
            }
            while (!await CallAsync(attachment, Attach(attachment)))
                await Task.Delay(TimeSpan.FromSeconds(1), _run.Loop.Time);
        }

        private async Task<bool> CallAsync(AttachmentId attachment, ICommand command)
        {
            var agent = _agent;
            // Without RunContinuationsAsynchronously: WhenAny would then be told on the thread pool, outside the loop.
            var answer = new TaskCompletionSource<AskResult>();
            _ = agent.Process.Run(async () =>
            {
                if (agent.AskAsync(Port.Id(attachment), command) is { } ask)
                    answer.TrySetResult(await ask);
            });
            // A killed agent never answers; the runtime's patience ends the call.
            if (await Task.WhenAny(answer.Task, Task.Delay(TimeSpan.FromSeconds(45), _run.Loop.Time)) != answer.Task)
                return false;
            var result = await answer.Task;
            _run.Loop.Note($"{attachment} {command.GetType().Name}: {result.GetType().Name}");
            if (result is AskResult.Replied { Reply: Port.Reply.Attached attached })
                CheckAttached(attachment, attached.State);
            return result is AskResult.Replied;
        }

        private void CheckAttached(AttachmentId attachment, PortState told)
        {
            _run.Check(_ledger.WasReady(attachment, told.Attempt), $"{attachment} is answered only after it is journalled");
            // A detachment that has begun since may have taken it away again.
            var port = _ledger.PortOf(attachment);
            if (port.Stage != PortStage.Ready || port.Attempt != told.Attempt)
                return;
            _run.Check(_kernel.IsPlumbed(attachment), $"{attachment} is answered only after it forwards");
            _run.Check(_ledger.HeldBy(attachment).Count == 3, $"{attachment} holds its two addresses and its port number");
        }

        private void CheckSettled(AttachmentId attachment)
        {
            var port = _ledger.PortOf(attachment);
            var held = _ledger.HeldBy(attachment);
            _run.Check(port.Stage is PortStage.Ready or PortStage.Absent, $"{attachment} rests, but it is {port.Stage}");
            if (port.Stage == PortStage.Absent)
            {
                _run.Check(held.Count == 0, $"{attachment} is absent and holds {string.Join(", ", held.Values)}");
                _run.Check(!_kernel.IsPlumbed(attachment), $"{attachment} is absent and plumbed");
                return;
            }
            _run.Check(_kernel.IsPlumbed(attachment), $"{attachment} is ready and forwards");
            var expected = port.Assigned.ToDictionary(a => a.Key, a => a.Value.Address.Address.ToString());
            expected.Add(SimulatedAgent.BridgeId, port.OfPort!.Value.ToString());
            _run.Check(held.SequenceEqual(new SortedDictionary<PersistenceId, string>(expected)), $"{attachment} holds what it was assigned");
        }

        private static Port.Command Attach(AttachmentId attachment) => new Port.Command.Attach(new PortEvent.AttachmentRequested(
            attachment, new NetworkName("fabric"), "digest", new SandboxRef("/run/netns/x", 4, 77), new InterfaceName("fab0"), default,
            1450, null, SimulatedAgent.BridgeId, [SimulatedAgent.PoolV4, SimulatedAgent.PoolV6], [], null, [], [], 0, "boot"));

        private static Port.Command Detach(AttachmentId attachment) => new Port.Command.Detach(attachment, "DEL");
    }
}
