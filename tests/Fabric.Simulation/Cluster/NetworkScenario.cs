using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;

namespace Fabric.Simulation;

/// <summary>
/// Pods come and go on two virtual networks with one subnet, in a cluster in trouble; once all is healed, exactly the nodes with pods
/// are in each network and its mesh, whatever happened.
/// </summary>
internal sealed class NetworkScenario
{
    private static readonly TimeSpan HealsWithin = TimeSpan.FromMinutes(6);

    private static readonly NetworkSubnet Subnet = new(Cidr.Parse("10.9.0.0/27"), IpAddress.Parse("10.9.0.1"), [Cidr.Parse("10.9.0.9/32")], 29);

    private static readonly NetworkName[] Networks = [new("blue"), new("red")];

    private readonly SimulationRun _run;
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedKubernetes? _kubernetes;
    private readonly ClusterOperator _operator;
    private readonly ClusterTroubles _troubles;
    private readonly Attendant[] _pods;
    private long _calls;

    /// <param name="hasObjects">The networks come from Network objects, and go with them in the end.</param>
    public NetworkScenario(SimulationRun run, bool hasObjects = false, StoreKind store = StoreKind.Contract)
    {
        _run = run;
        var size = 3;
        _kubernetes = hasObjects ? new SimulatedKubernetes(run) : null;
        _cluster = new SimulatedCluster(run, size, 0, ClusterShape.Draw(run, size, store), _kubernetes);
        _operator = new ClusterOperator(run, _cluster);
        _troubles = new ClusterTroubles(run, _cluster, _operator);
        foreach (var machine in _cluster.Machines)
            machine.Kernel.NetworksOverlap = true;
        _pods =
        [
            .. _cluster.Machines.SelectMany(m => Networks.SelectMany(n => Enumerable.Range(0, run.Random.Between(1, 2)).Select(i =>
                new Attendant(m, n, AttachmentId.Parse($"{n}{m.Spec.Name[^2..]}{i}/eth0"),
                    // The last block: no node comes to it as long as it takes the lowest.
                    run.Random.Chance(0.2) ? IpAddress.Parse($"10.9.0.{run.Random.Between(24, 30)}") : null)))),
        ];
    }

    public void Play()
    {
        foreach (var network in Networks)
            Create(network);
        _troubles.Break();
        _kubernetes?.Break();
        var clients = _pods.Select(p => _run.Loop.Run(() => ChurnAsync(p))).ToArray();
        for (var left = _run.Random.Below(8); left > 0; left--)
        {
            _run.Loop.RunFor(_run.Random.UpTo(TimeSpan.FromSeconds(15)));
            _troubles.Next();
            if (_kubernetes is not null)
                Trouble(_kubernetes);
        }
        Finish(clients, "clients get on");
        _troubles.Heal();
        _kubernetes?.Heal();
        Finish([.. _operator.SettleAsync()], "an operator who asks again is heard once nothing fails any more");
        Settle();
        if (_kubernetes is not null)
            TakeAway(_kubernetes);
    }

    private void Create(NetworkName network)
    {
        if (_kubernetes is null)
        {
            Finish([_operator.CreateAsync(network, Subnet)], $"network {network} is created");
            return;
        }
        _kubernetes.Put(network, Subnet);
        _run.Check(_run.Loop.RunUntil(() => _kubernetes.Say(network) == "True Created", HealsWithin), $"network {network} is made for its object");
    }

    /// <summary>A third network's object comes and goes, and the API does.</summary>
    private void Trouble(SimulatedKubernetes kubernetes)
    {
        var green = new NetworkName("green");
        switch (_run.Random.Below(5))
        {
            case 0 when !kubernetes.Has(green):
                kubernetes.Put(green, Subnet);
                break;
            case 1 when kubernetes.Has(green):
                kubernetes.Delete(green);
                break;
            case 2:
                kubernetes.BreakWatches(_run.Random.Pick<ApiFault?>([null, ApiFault.Expired, ApiFault.Unreachable]));
                break;
            case 3:
                kubernetes.IsDown = !kubernetes.IsDown;
                break;
        }
    }

    /// <summary>Objects that are deleted wait for the last pod, and then they and their networks are gone.</summary>
    private void TakeAway(SimulatedKubernetes kubernetes)
    {
        NetworkName[] all = [.. Networks, new("green")];
        foreach (var network in all.Where(kubernetes.Has))
            kubernetes.Delete(network);
        string WhileInUse(NetworkName n) => _cluster.Networks.HoldersOf(n).IsEmpty ? "no object" : "False InUse";
        _run.Check(_run.Loop.RunUntil(() => Array.TrueForAll(all, n => kubernetes.Say(n) == WhileInUse(n)), HealsWithin),
            $"deleted objects wait for pods, but they say {string.Join(", ", all.Select(kubernetes.Say))}");
        var present = _pods.Where(p => !p.Machine.IsDecommissioned);
        Finish([.. present.Select(p => _run.Loop.Run(() => InsistAsync(p, stays: false)))], "a retried DEL succeeds");
        _run.Check(_run.Loop.RunUntil(() => !Array.Exists(all, kubernetes.Has) && !_cluster.Networks.HasNetworks, HealsWithin),
            $"objects go with their networks, but they say {string.Join(", ", all.Select(kubernetes.Say))}");
    }

    private async Task ChurnAsync(Attendant pod)
    {
        for (var left = _run.Random.Between(1, 5); left > 0; left--)
        {
            await Task.Delay(_run.Random.UpTo(TimeSpan.FromSeconds(15)), _run.Loop.Time);
            await CallAsync(pod, _run.Random.Chance(0.6) ? CniCommand.Add : CniCommand.Del);
        }
    }

    private void Settle()
    {
        var present = _pods.Where(p => !p.Machine.IsDecommissioned).ToArray();
        var stay = present.Where(p => p.Address is null && _run.Random.Chance(0.4)).ToArray();
        Finish([.. present.Select(p => _run.Loop.Run(() => InsistAsync(p, stay.Contains(p))))], "a retried ADD or DEL succeeds");
        string? reason = null;
        for (var end = _run.Loop.Now + HealsWithin; (reason = WhyNot(stay)) is not null && _run.Loop.Now < end;)
            _run.Loop.RunFor(TimeSpan.FromSeconds(1));
        _run.Check(reason is null, $"the networks are in step within {HealsWithin}, but {reason}");
    }

    private string? WhyNot(Attendant[] stay)
    {
        foreach (var network in _pods.Select(p => p.Network).Distinct())
        {
            var wanted = stay.Where(p => p.Network == network).Select(p => p.Machine).ToHashSet();
            if (!_cluster.Networks.HoldersOf(network).SetEquals(wanted.Select(m => m.Uid)))
                return $"{network} is held by {string.Join(", ", _cluster.Networks.HoldersOf(network))}";
            foreach (var machine in _cluster.Present)
            {
                var state = machine.Agent.Core!.Fold.State;
                if (state.Networks.ContainsKey(network) != wanted.Contains(machine))
                    return $"{machine.Spec.Name} is {(wanted.Contains(machine) ? "not " : "")}in {network}";
                var peers = wanted.Where(m => wanted.Contains(machine) && m != machine).Select(m => m.Spec.Name).Order(StringComparer.Ordinal);
                var open = state.NetworkTunnels.Values.Where(t => t.Network == network).Select(t => t.Peer.Value).Order(StringComparer.Ordinal);
                if (!open.SequenceEqual(peers))
                    return $"{machine.Spec.Name} has tunnels of {network} to {string.Join(", ", open)}";
            }
        }
        return _cluster.Networks.HasClaims ? "a claim is left" : null;
    }

    private async Task InsistAsync(Attendant pod, bool stays)
    {
        while (!await CallAsync(pod, stays ? CniCommand.Add : CniCommand.Del))
            await Task.Delay(TimeSpan.FromSeconds(1), _run.Loop.Time);
    }

    private async Task<bool> CallAsync(Attendant pod, CniCommand command)
    {
        // A machine that was off has none of its namespaces any more.
        if (pod.Namespace is null || pod.Namespace.IsGone || pod.MadeAt <= pod.Machine.BootedAt)
            (pod.Namespace, pod.MadeAt) = (pod.Machine.NewNamespace(), _run.Loop.Now);
        using var sandbox = new SimulatedSandbox(pod.Machine.Kernel, pod.Namespace);
        var request = new CniRequest(command, pod.Attachment, sandbox.Ref.Path, CniNetNs.Attached, new CniArgs(null, "", null, null),
            new CniConfiguration("1.1.0", new NetworkName("pods"), "fabric-cni", "/cni.sock", 0, null, null,
                pod.Address is { } address ? [address] : [], CniDns.Empty, null, $"digest {pod.Network}", default, pod.Network),
            ImmutableArray<AttachmentId>.Empty, "/opt/cni/bin", new CorrelationId($"call-{++_calls}"));
        var answer = pod.Machine.Agent.CallAsync(request, sandbox);
        _run.Check(await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(90), _run.Loop.Time)) == answer,
            $"{command} {pod.Attachment} is answered within 90 s");
        var result = await answer;
        _run.Loop.Note($"{command} {pod.Attachment}: {(result is null ? "no answer" : JsonText(result))}");
        return result is { ExitCode: 0 };
    }

    private static string JsonText(CniResultFrame result)
    {
        if (result.Stdout.IsEmpty)
            return "success";
        using var json = JsonDocument.Parse(result.Stdout);
        return json.RootElement.TryGetProperty("msg", out var message) ? message.GetString()! : "success";
    }

    private void Finish(Task[] tasks, string promise) =>
        _run.Check(_run.Loop.RunUntil(() => Array.TrueForAll(tasks, t => t.IsCompleted), HealsWithin), promise);

    /// <summary>A pod on a network, and the address that it asks for by name, if it does.</summary>
    private sealed class Attendant(SimulatedMachine machine, NetworkName network, AttachmentId attachment, IpAddress? address)
    {
        public SimulatedMachine Machine { get; } = machine;

        public NetworkName Network { get; } = network;

        public AttachmentId Attachment { get; } = attachment;

        public IpAddress? Address { get; } = address;

        public KernelState.PodNamespace? Namespace { get; set; }

        public TimeSpan MadeAt { get; set; }
    }
}
