using System.Globalization;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>Compares what the runtime was told with journal, kernel and Open vSwitch, without the product's help.</summary>
internal static class HostAudit
{
    /// <summary>Fails the run unless the attachment has its link, its port with its number, and its flows.</summary>
    public static void CheckForwards(SimulationRun run, SimulatedMachine machine, AttachmentId attachment)
    {
        if (WhyNotForwarding(machine, attachment) is { } reason)
            run.Check(false, $"{attachment} is attached and forwards, but {reason}");
    }

    /// <summary>
    /// Fails the run if anything of the attachment is left anywhere; in the journal something may be left while it can't be written.
    /// </summary>
    public static void CheckGone(SimulationRun run, SimulatedMachine machine, AttachmentId attachment)
    {
        if ((machine.JournalMayFail ? WhyNotUnplumbed(machine, attachment) : WhyNotGone(machine, attachment)) is { } reason)
            run.Check(false, $"{attachment} is detached and nothing of it is left, but {reason}");
    }

    /// <summary>Why the machine is not exactly as the runtime was told, or null.</summary>
    public static string? WhyNotInStep(SimulatedMachine machine, IReadOnlyCollection<AttachmentId> attached,
        IReadOnlyCollection<AttachmentId> detached)
    {
        foreach (var attachment in attached)
        {
            if (WhyNotForwarding(machine, attachment) is { } reason)
                return $"{attachment} is attached: {reason}";
        }
        foreach (var attachment in detached)
        {
            if (WhyNotGone(machine, attachment) is { } reason)
                return $"{attachment} is not attached: {reason}";
        }
        return Strangers(machine, attached) ?? Recorded(machine) ?? Folded(machine);
    }

    private static string? WhyNotForwarding(SimulatedMachine machine, AttachmentId attachment)
    {
        if (!machine.Ledger.Ports.TryGetValue(attachment, out var port) || !port.IsReady)
            return "the journal does not say so";
        if (port.Addresses.Count != machine.PodCidrs.Length)
            return $"it has {port.Addresses.Count} addresses";
        var held = machine.Ledger.HeldBy(attachment);
        if (held.Count != machine.PodCidrs.Length + 1 || !port.Addresses.All(held.ContainsValue))
            return $"it holds {string.Join(", ", held)}";
        if (!machine.Kernel.Links.TryGetValue(port.HostInterface, out var link) || link.Alias != attachment)
            return $"there is no link {port.HostInterface}";
        if (!link.IsUp || !link.Addresses.SetEquals(port.Addresses))
            return $"the link has the addresses {string.Join(", ", link.Addresses)}";
        if (!machine.Switch.Rows.TryGetValue(port.HostInterface, out var row) || row.Attachment != attachment)
            return $"Open vSwitch has no port {port.HostInterface}";
        if (row.OfPort != port.OfPort)
            return $"its port has the number {row.OfPort}, the journal {port.OfPort}";
        return WhyNoFlows(machine, port);
    }

    private static string? WhyNoFlows(SimulatedMachine machine, JournalLedger.Entry port)
    {
        var texts = machine.Switch.Texts.ToArray();
        var inPort = port.OfPort!.Value.ToString(CultureInfo.InvariantCulture);
        var output = string.Create(CultureInfo.InvariantCulture, $"set_field:0x{port.OfPort:x}->reg1");
        foreach (var address in port.Addresses)
        {
            var isV6 = address.Contains(':', StringComparison.Ordinal);
            var (source, target) = isV6 ? (",ipv6_src=", ",ipv6_dst=") : (",nw_src=", ",nw_dst=");
            if (!texts.Any(t => SwitchState.ValueOf(t, "in_port=") == inPort && SwitchState.ValueOf(t, source) == address))
                return $"no flow lets {address} in by port {inPort}";
            if (!texts.Any(t => SwitchState.ValueOf(t, target) == address && t.Contains(output, StringComparison.Ordinal)))
                return $"no flow brings packets for {address} to port {inPort}";
        }
        return null;
    }

    private static string? WhyNotGone(SimulatedMachine machine, AttachmentId attachment)
    {
        if (machine.Ledger.Ports.TryGetValue(attachment, out _))
            return "the journal still has it";
        if (machine.Ledger.HeldBy(attachment) is { Count: > 0 } held)
            return $"it holds {string.Join(", ", held)}";
        return WhyNotUnplumbed(machine, attachment);
    }

    private static string? WhyNotUnplumbed(SimulatedMachine machine, AttachmentId attachment)
    {
        if (machine.Kernel.Links.Values.FirstOrDefault(l => l.Alias == attachment) is { } link)
            return $"link {link.Name} is there";
        return machine.Switch.Rows.Values.FirstOrDefault(r => r.Attachment == attachment) is { } row
            ? $"port {row.Name} is there"
            : null;
    }

    /// <summary>What belongs to nobody: links, ports, holdings and flows beyond those of the attached.</summary>
    private static string? Strangers(SimulatedMachine machine, IReadOnlyCollection<AttachmentId> attached)
    {
        var ports = attached.Select(a => machine.Ledger.Ports[a]).ToArray();
        if (machine.Kernel.Links.Values.FirstOrDefault(l => !l.IsForeign && (l.Alias is not { } a || !attached.Contains(a))) is { } link)
            return $"link {link.Name} ({link.Alias}) belongs to nobody";
        if (!machine.Kernel.Links.Values.Any(l => l.IsForeign))
            return "the foreign link is gone";
        if (machine.Switch.Rows.Values.FirstOrDefault(r => r.Attachment is { } a && !attached.Contains(a)) is { } row)
            return $"port {row.Name} belongs to nobody";
        if (!machine.Switch.Rows.ContainsKey("tap-foreign"))
            return "the foreign port is gone";
        if (machine.Ledger.Holdings.Count() != attached.Count * (machine.PodCidrs.Length + 1))
            return $"these are held: {string.Join("; ", machine.Ledger.Holdings)}";
        var numbers = ports.Select(p => p.OfPort!.Value.ToString(CultureInfo.InvariantCulture)).Append("1").Append("2").ToHashSet();
        var addresses = ports.SelectMany(p => p.Addresses).ToHashSet();
        foreach (var text in machine.Switch.Texts)
        {
            if (SwitchState.ValueOf(text, "in_port=") is { } inPort && !numbers.Contains(inPort))
                return $"a flow of nobody's port: {text}";
            if (text.Contains("cookie=0xf3", StringComparison.Ordinal)
                && (SwitchState.ValueOf(text, ",nw_dst=") ?? SwitchState.ValueOf(text, ",ipv6_dst=")) is { } to && !addresses.Contains(to))
                return $"a flow of nobody's address: {text}";
            if (!text.StartsWith("cookie=0xf", StringComparison.Ordinal))
                return $"a foreign flow: {text}";
        }
        return null;
    }

    /// <summary>The recorded flows are those on the bridge.</summary>
    private static string? Recorded(SimulatedMachine machine)
    {
        var actual = machine.Switch.Texts.ToHashSet(StringComparer.Ordinal);
        var recorded = machine.Ledger.Flows.ToHashSet(StringComparer.Ordinal);
        if (actual.SetEquals(recorded))
            return null;
        return $"recorded, not there: {string.Join(" | ", recorded.Except(actual).Take(3))}; "
            + $"there, not recorded: {string.Join(" | ", actual.Except(recorded).Take(3))}";
    }

    /// <summary>What the agent holds in memory is what its journal says to anybody who reads it.</summary>
    private static string? Folded(SimulatedMachine machine)
    {
        if (machine.Agent.Core is not { } core)
            return "the agent does not run";
        if (core.Fold.State.Ordering != machine.Disk.LastOrdering)
            return "the agent has not folded everything yet";
        return machine.Replay.WhyNotSame(core.Fold.State);
    }
}
