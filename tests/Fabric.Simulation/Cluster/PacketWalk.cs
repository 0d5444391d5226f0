using Fabric.Messages;
using Fabric.Node;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Simulation;

/// <summary>Sends packets through the flow tables of the machines, as Open vSwitch would, and says where they end.</summary>
/// <remarks>
/// It knows fields, masks and priorities, and nothing of the pipeline. Connection tracking is one step: each packet is the first of
/// its connection. The tables are taken once, when the walk is made.
/// </remarks>
internal sealed class PacketWalk(IReadOnlyList<SimulatedMachine> machines)
{
    private const int MostSteps = 64;

    private static readonly UInt128 NewAndTracked = (UInt128)(uint)(CtStates.New | CtStates.Trk);

    private readonly Dictionary<SimulatedMachine, ILookup<byte, Flow>> _tables = machines.ToDictionary(
        m => m, m => m.Switch.Flows.Values.OrderByDescending(f => f.Priority).ToLookup(f => f.Table));

    /// <summary>Why a packet from one pod does not come out at another's port, or null.</summary>
    public string? WhyNotReached(Endpoint from, Endpoint to)
    {
        var packet = PacketOf(from, to);
        if (Walk(from.Machine, packet) is not { } port)
            return $"{from.Machine.Spec.Name} drops it";
        var at = from.Machine;
        if (port == NodeTunnelPort(at))
        {
            var vtep = ValueOf(packet, OxmField.TunDst);
            at = machines.FirstOrDefault(m => IpAddress.Parse(m.Spec.Vtep).Bits == vtep);
            if (at is null)
                return $"{from.Machine.Spec.Name} sends it to the VTEP {IpAddress.V4((uint)vtep)}, where nobody is";
            packet = Decapsulated(packet, from.Machine, at);
            if (Walk(at, packet) is not { } last)
                return $"{from.Machine.Spec.Name} sends it to {at.Spec.Name}, which drops it";
            port = last;
        }
        return ReferenceEquals(at, to.Machine) && port == to.OfPort && ValueOf(packet, OxmField.EthDst) == to.Mac.Bits
            ? null
            : $"it comes out of port {port} of {at.Spec.Name}";
    }

    private static int NodeTunnelPort(SimulatedMachine machine) => machine.Switch.Rows[NodeParameters.TunnelPort.Value].OfPort ?? -1;

    private static Dictionary<OxmField, UInt128> PacketOf(Endpoint from, Endpoint to) => new()
    {
        [OxmField.InPort] = (uint)from.OfPort,
        [OxmField.EthSrc] = from.Mac.Bits,
        [OxmField.EthDst] = VirtualMac.Value.Bits,
        [OxmField.EthType] = from.Address.IsV6 ? 0x86ddu : 0x0800u,
        [from.Address.IsV6 ? OxmField.Ipv6Src : OxmField.IpSrc] = from.Address.Bits,
        [to.Address.IsV6 ? OxmField.Ipv6Dst : OxmField.IpDst] = to.Address.Bits,
        // TCP, so that no rule for neighbour discovery is meant.
        [OxmField.NwProto] = 6,
    };

    private static Dictionary<OxmField, UInt128> Decapsulated(Dictionary<OxmField, UInt128> packet, SimulatedMachine from, SimulatedMachine at)
    {
        var inner = packet.Where(f => f.Key != OxmField.CtState && !OxmField.Registers.Contains(f.Key)).ToDictionary();
        inner[OxmField.InPort] = (uint)NodeTunnelPort(at);
        inner[OxmField.TunSrc] = IpAddress.Parse(from.Spec.Vtep).Bits;
        return inner;
    }

    /// <returns>The port that it leaves by; null if it is dropped.</returns>
    private int? Walk(SimulatedMachine machine, Dictionary<OxmField, UInt128> packet)
    {
        byte? table = 0;
        for (var step = 0; table is { } here; step++)
        {
            if (step == MostSteps)
                throw new SimulationFailedException($"the flows of {machine.Spec.Name} go in circles");
            table = null;
            if (_tables[machine][here].FirstOrDefault(f => Matches(f.Match, packet)) is not { } flow)
                return null;
            foreach (var action in flow.Actions)
            {
                switch (action)
                {
                    case SetFieldAction set:
                        packet[set.Field] = ValueOf(packet, set.Field) & ~set.Mask | set.Value;
                        break;
                    case GotoTableAction next:
                        table = next.Table;
                        break;
                    case CtAction { Table: { } next }:
                        packet[OxmField.CtState] = NewAndTracked;
                        table = next;
                        break;
                    case OutputFieldAction output:
                        return (int)(ValueOf(packet, output.Source.Field) >> output.Source.Offset);
                    case CtAction or DecTtlAction:
                        break;
                    default:
                        throw new SimulationFailedException($"the walk does not know the action of {flow}");
                }
            }
        }
        return null;
    }

    private static bool Matches(Match match, Dictionary<OxmField, UInt128> packet)
    {
        foreach (var field in match.Fields)
        {
            if ((ValueOf(packet, field.Field) & field.Mask) != field.Value)
                return false;
        }
        return true;
    }

    private static UInt128 ValueOf(Dictionary<OxmField, UInt128> packet, OxmField field) => packet.GetValueOrDefault(field);

    /// <summary>One address of an attached pod.</summary>
    internal sealed record Endpoint(SimulatedMachine Machine, int OfPort, MacAddress Mac, IpAddress Address);
}
