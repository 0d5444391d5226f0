using System.Collections.Immutable;
using Fabric.Ovs.OpenFlow;
using static Fabric.Node.Pipeline.PipelineSteps;

namespace Fabric.Node.Pipeline;

/// <summary>
/// The flows of a bridge with one network on which nobody is attached yet: each table's defaults, connection tracking,
/// and the answers to ARP and neighbour solicitations. Nothing is forwarded by them alone.
/// </summary>
public static class BridgeFlows
{
    /// <summary>
    /// The version of the whole pipeline, for the bridge's event; raised when the meaning of flows changes.
    /// </summary>
    public const int PipelineVersion = 1;

    /// <summary>The flows, in table order. Deterministic: equal input gives equal flows in equal order.</summary>
    public static ImmutableArray<Flow> For(NetworkParameters network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var cookie = new Cookie(FlowKind.Bridge, network.CauseSet);
        var flows = ImmutableArray.CreateBuilder<Flow>();
        AddAdmission(flows, cookie);
        ArpNdResponder.AddTo(flows, cookie, network);
        AddConntrack(flows, cookie);
        AddForward(flows, cookie, network);
        AddCommit(flows, cookie);
        flows.Add(Flow(cookie, PipelineTable.Output, FlowPriority.Default, Match.Any,
            FlowAction.Output(RegisterLayout.OutPort)));
        return flows.ToImmutable();
    }

    /// <summary>
    /// What one more network adds to the flows of the first, which <see cref="For"/> gives: who asks in it is answered, and what nobody
    /// in it has goes nowhere. Everything else on the bridge works by the network's number and zone.
    /// </summary>
    public static ImmutableArray<Flow> ForAnother(NetworkParameters network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var cookie = new Cookie(FlowKind.Bridge, network.CauseSet);
        var flows = ImmutableArray.CreateBuilder<Flow>();
        ArpNdResponder.AddAnswersTo(flows, cookie, network);
        AddForwardOf(flows, cookie, network);
        return flows.ToImmutable();
    }

    private static void AddAdmission(ImmutableArray<Flow>.Builder flows, Cookie cookie)
    {
        // Open vSwitch matches the protocol inside an 802.1Q tag, so a tagged frame would pass as its content does.
        flows.Add(Flow(cookie, PipelineTable.Classifier, FlowPriority.Classifier.TaggedFrame,
            Match.Any.VlanTci(0x1000, 0x1000)));
        flows.Add(Flow(cookie, PipelineTable.Classifier, FlowPriority.Default, Match.Any));
        foreach (var type in NdType.All)
        {
            flows.Add(Flow(cookie, PipelineTable.SpoofGuard, FlowPriority.SpoofGuard.NeighbourDiscovery,
                Match.Any.Icmp6().IcmpV6Type(type)));
        }

        flows.Add(Flow(cookie, PipelineTable.SpoofGuard, FlowPriority.Default, Match.Any));
    }

    private static void AddConntrack(ImmutableArray<Flow>.Builder flows, Cookie cookie)
    {
        var track = FlowAction.Ct(zoneField: RegisterLayout.Zone, table: (byte)PipelineTable.ConntrackState);
        flows.Add(Flow(cookie, PipelineTable.Conntrack, FlowPriority.Conntrack.Track, Family(v6: false), track));
        flows.Add(Flow(cookie, PipelineTable.Conntrack, FlowPriority.Conntrack.Track, Family(v6: true), track));
        flows.Add(Flow(cookie, PipelineTable.Conntrack, FlowPriority.Default, Match.Any));

        flows.Add(State(FlowPriority.ConntrackState.Invalid, CtStates.Inv | CtStates.Trk));
        flows.Add(State(FlowPriority.ConntrackState.ReplyOrRelated, CtStates.Rpl | CtStates.Trk,
            Goto(PipelineTable.Forward)));
        flows.Add(State(FlowPriority.ConntrackState.ReplyOrRelated, CtStates.Rel | CtStates.Trk,
            Goto(PipelineTable.Forward)));
        flows.Add(State(FlowPriority.ConntrackState.Original, CtStates.Trk, Goto(AfterConntrackState)));
        flows.Add(Flow(cookie, PipelineTable.ConntrackState, FlowPriority.Default, Match.Any));

        Flow State(ushort priority, CtStates set, params ReadOnlySpan<FlowAction> actions) =>
            Flow(cookie, PipelineTable.ConntrackState, priority, Match.Any.CtState(set), actions);
    }

    private static void AddForward(ImmutableArray<Flow>.Builder flows, Cookie cookie, NetworkParameters network)
    {
        AddForwardOf(flows, cookie, network);
        flows.Add(Flow(cookie, PipelineTable.Forward, FlowPriority.Default, Match.Any));
    }

    private static void AddForwardOf(ImmutableArray<Flow>.Builder flows, Cookie cookie, NetworkParameters network)
    {
        // A peer sends here what is here. Anything else would make this node a way around its own masquerading.
        flows.Add(Flow(cookie, PipelineTable.Forward, FlowPriority.Forward.FromTunnel,
            Match.Any.OfSource(PacketSource.Tunnel).OfNetwork(network)));
        foreach (var block in network.ClusterCidrs)
        {
            flows.Add(Flow(cookie, PipelineTable.Forward, FlowPriority.Forward.UnknownInCluster,
                Match.Any.OfNetwork(network).To(block)));
        }
    }

    private static void AddCommit(ImmutableArray<Flow>.Builder flows, Cookie cookie)
    {
        foreach (var v6 in new[] { false, true })
        {
            Add(FlowPriority.Commit.FromGateway, New().OfSource(PacketSource.Gateway), fromGateway: 1);
            Add(FlowPriority.Commit.New, New(), fromGateway: 0);
            // The first direction's packets, but from elsewhere than the first one: another connection with the same addresses and
            // ports, which the former did not live to hear of. Its replies go where it comes from.
            Add(FlowPriority.Commit.TakenOver, Established(mark: 0).OfSource(PacketSource.Gateway), fromGateway: 1);
            Add(FlowPriority.Commit.TakenOver, Established(mark: 1).OfSource(PacketSource.Tunnel), fromGateway: 0);
            Add(FlowPriority.Commit.TakenOver, Established(mark: 1).OfSource(PacketSource.Pod), fromGateway: 0);

            Match New() => Family(v6).CtState(CtStates.New | CtStates.Trk);

            Match Established(uint mark) =>
                Family(v6).CtState(CtStates.Est | CtStates.Trk, CtStates.Rpl).Reg(ConntrackLayout.FromGateway, mark);
        }

        flows.Add(Flow(cookie, PipelineTable.Commit, FlowPriority.Default, Match.Any, Goto(PipelineTable.Output)));

        void Add(ushort priority, Match match, uint fromGateway) => flows.Add(Flow(cookie, PipelineTable.Commit, priority, match,
            FlowAction.Ct(commit: true, zoneField: RegisterLayout.Zone, exec: [FlowAction.Load(ConntrackLayout.FromGateway, fromGateway)]),
            Goto(PipelineTable.Output)));
    }
}
