using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;

namespace Fabric.Simulation;

/// <summary>The container runtime: it makes namespaces, calls the CNI binary, and remembers what it was told.</summary>
internal sealed class Runtime(SimulationRun run, SimulatedMachine machine)
{
    /// <summary>More than any call may take: an attachment has 30 s, a call 5 more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    private long _calls;

    public SimulatedMachine Machine => machine;

    public SortedDictionary<AttachmentId, Pod> Pods { get; } = [];

    public Pod PodOf(AttachmentId attachment)
    {
        if (!Pods.TryGetValue(attachment, out var pod))
            Pods[attachment] = pod = new Pod { Namespace = machine.NewNamespace() };
        return pod;
    }

    /// <returns>Whether the call succeeded.</returns>
    public async Task<bool> AddAsync(AttachmentId attachment)
    {
        var pod = PodOf(attachment);
        if (pod.Namespace.IsGone)
            pod.Namespace = machine.NewNamespace();
        using var sandbox = new SimulatedSandbox(machine.Kernel, pod.Namespace);
        var began = run.Loop.Now;
        var call = Begin(pod);
        var result = await CallAsync(CniCommand.Add, attachment, sandbox);
        var alone = End(pod, call);
        if (result is not { ExitCode: 0 })
            return false;
        // Also in the very moment: an answer may be under way when power goes, and no agent answers so soon after.
        if (machine.BootedAt >= began)
            return false;
        var addresses = AddressesOf(result);
        // Another call may have undone it since.
        if (!alone)
            return true;
        run.Check(machine.Ledger.Ports.TryGetValue(attachment, out var port) && (port.IsReady || pod.Namespace.IsGone),
            $"{attachment}: ADD is acknowledged only when the journal says that it is attached");
        (pod.IsAttached, pod.Addresses) = (true, addresses);
        run.Check(addresses.SetEquals(port!.Addresses), $"{attachment} was told {string.Join(", ", addresses)}, the journal has "
            + string.Join(", ", port.Addresses));
        // What somebody else took away is found within an audit, not by ADD.
        if (machine.Switch.DisturbedAt + TimeSpan.FromMinutes(1) < began && !pod.Namespace.IsGone)
            HostAudit.CheckForwards(run, machine, attachment);
        return true;
    }

    /// <returns>Whether the call succeeded.</returns>
    public async Task<bool> DelAsync(AttachmentId attachment)
    {
        var pod = PodOf(attachment);
        var brings = !pod.Namespace.IsGone && run.Random.Chance(0.7);
        var call = Begin(pod);
        pod.IsAttached = false;
        var began = run.Loop.Now;
        using var sandbox = brings ? new SimulatedSandbox(machine.Kernel, pod.Namespace) : null;
        var result = await CallAsync(CniCommand.Del, attachment, sandbox);
        var alone = End(pod, call);
        if (result is not { ExitCode: 0 })
            return false;
        if (alone && machine.BootedAt < began)
            HostAudit.CheckGone(run, machine, attachment);
        return true;
    }

    private int Begin(Pod pod)
    {
        pod.CallsUnderWay++;
        return ++pod.CallsBegun;
    }

    /// <returns>Whether no other call for the pod was under way meanwhile.</returns>
    private static bool End(Pod pod, int call)
    {
        pod.CallsUnderWay--;
        var alone = pod.CallsUnderWay == 0 && pod.CallsBegun == call && pod.LastCrowded < call;
        if (!alone)
            pod.LastCrowded = pod.CallsBegun;
        return alone;
    }

    private async Task<CniResultFrame?> CallAsync(CniCommand command, AttachmentId attachment, SimulatedSandbox? sandbox)
    {
        var agent = machine.Agent;
        var answer = agent.CallAsync(RequestFor(command, attachment, sandbox), sandbox);
        run.Check(await Task.WhenAny(answer, Task.Delay(Patience, run.Loop.Time)) == answer,
            $"{command} {attachment} is answered within {Patience.TotalSeconds:0} s");
        var result = await answer;
        run.Loop.Note($"{command} {attachment}: {(result is null ? "no answer" : result.ExitCode == 0 ? "success" : MessageOf(result))}");
        return result;
    }

    private static string MessageOf(CniResultFrame result)
    {
        using var json = JsonDocument.Parse(result.Stdout);
        return $"error {json.RootElement.GetProperty("code")}: {json.RootElement.GetProperty("msg")}";
    }

    private static SortedSet<string> AddressesOf(CniResultFrame result)
    {
        using var json = JsonDocument.Parse(result.Stdout);
        return new SortedSet<string>(json.RootElement.GetProperty("ips").EnumerateArray()
            .Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0]), StringComparer.Ordinal);
    }

    private CniRequest RequestFor(CniCommand command, AttachmentId attachment, SimulatedSandbox? sandbox) => new(
        command,
        attachment,
        sandbox?.Ref.Path ?? "",
        sandbox is null ? CniNetNs.NotGiven : CniNetNs.Attached,
        new CniArgs(null, "", null, null),
        new CniConfiguration("1.1.0", new NetworkName("fabric"), "fabric-cni", "/cni.sock", 0, null, null, [], CniDns.Empty, null,
            "digest", default),
        ImmutableArray<AttachmentId>.Empty,
        "/opt/cni/bin",
        new CorrelationId($"call-{++_calls}"));

    /// <summary>A pod as the runtime knows it.</summary>
    internal sealed class Pod
    {
        public required KernelState.PodNamespace Namespace { get; set; }

        /// <summary>Whether an ADD was acknowledged and no DEL was sent since.</summary>
        public bool IsAttached { get; set; }

        public SortedSet<string> Addresses { get; set; } = [];

        public int CallsUnderWay { get; set; }

        public int CallsBegun { get; set; }

        public int LastCrowded { get; set; }
    }
}
