using System.Collections.Immutable;
using Fabric.Ovs.OpenFlow;
using static Fabric.Node.Pipeline.PipelineSteps;

namespace Fabric.Node.Pipeline;

/// <summary>
/// The flows between a network and the host: who the host is, what goes to it, and that replies of connections which
/// came from it return to it. None for a network without a gateway.
/// </summary>
public static class GatewayFlows
{
    /// <summary>The flows, in table order. Deterministic: equal input gives equal flows in equal order.</summary>
    public static ImmutableArray<Flow> For(NetworkParameters network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.Gateway is not { } gateway)
            return [];
        var cookie = new Cookie(FlowKind.Gateway, network.CauseSet);
        var flows = ImmutableArray.CreateBuilder<Flow>();
        AddClassifier(flows, cookie, network, gateway);
        OverlayGuard.AddTo(flows, cookie, network, network.LocalVteps);
        foreach (var address in gateway.Addresses)
        {
            flows.Add(Flow(cookie, PipelineTable.ArpNdResponder, FlowPriority.ArpNdResponder.SendersOwn,
                Match.Any.From(gateway.Port).AsksFor(address)));
        }

        // Before Forward, from pod and tunnel alike: else the endpoint's answer reaches the client untranslated.
        flows.Add(Flow(cookie, PipelineTable.ConntrackState, FlowPriority.ConntrackState.ReplyToGateway,
            Match.Any.OfNetwork(network).CtState(CtStates.Rpl | CtStates.Trk).Reg(ConntrackLayout.FromGateway, 1),
            [.. ToGateway(network, gateway, PipelineTable.Output)]));
        AddForward(flows, cookie, network, gateway);
        return flows.ToImmutable();
    }

    private static void AddClassifier(
        ImmutableArray<Flow>.Builder flows, Cookie cookie, NetworkParameters network, GatewayEndpoint gateway)
    {
        foreach (var block in gateway.PodCidrs)
        {
            flows.Add(Flow(cookie, PipelineTable.Classifier, FlowPriority.Classifier.NodeIdentity,
                Match.Any.From(gateway.Port).From(GatewayEndpoint.IdentityOf(block)),
                [.. Enter(network, PacketSource.Gateway, PipelineTable.ArpNdResponder, fromNode: true)]));
        }

        flows.Add(Flow(cookie, PipelineTable.Classifier, FlowPriority.Classifier.KnownSource,
            Match.Any.From(gateway.Port), [.. Enter(network, PacketSource.Gateway, PipelineTable.ArpNdResponder)]));
    }

    private static void AddForward(
        ImmutableArray<Flow>.Builder flows, Cookie cookie, NetworkParameters network, GatewayEndpoint gateway)
    {
        var toGateway = ToGateway(network, gateway, AfterForward);
        foreach (var address in gateway.Addresses)
        {
            flows.Add(Flow(cookie, PipelineTable.Forward, FlowPriority.Forward.LocalAddress,
                Match.Any.OfNetwork(network).To(address), [.. toGateway]));
        }

        foreach (var v6 in FamiliesOf(gateway))
        {
            flows.Add(Flow(cookie, PipelineTable.Forward, FlowPriority.Forward.Outside,
                Family(v6).OfSource(PacketSource.Pod).OfNetwork(network), [.. toGateway]));
        }
    }

    private static IEnumerable<bool> FamiliesOf(GatewayEndpoint gateway) =>
        gateway.PodCidrs.Select(block => block.IsV6).Distinct().Order();
}
