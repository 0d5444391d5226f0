using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The way to one peer is open with exactly one VTEP and set of CIDRs, or closed.</summary>
public sealed class Tunnel : IEntity<Tunnel.State>
{
    public const string PersistenceKind = "tunnel";

    /// <param name="network">A virtual network; null for the default one.</param>
    public static PersistenceId Id(NodeName peer, NetworkName? network = null) => TunnelEvent.IdOf(network, peer);

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        public sealed record Open(TunnelEvent.TunnelOpened Wanted) : Command;

        public sealed record Close(NodeName Peer, string Reason, NetworkName? Network = null) : Command;
    }

    public sealed record State(TunnelEvent.TunnelOpened? Open);

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "tunnel-state/1";

    public JsonTypeInfo<State> StateJson => NodeStateJson.Default.TunnelState;

    public State Initial { get; } = new((TunnelEvent.TunnelOpened?)null);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Open open when Same(state.Open, open.Wanted) => Decision.Nothing,
        Command.Open open => Decision.Accept(open.Wanted),
        Command.Close when state.Open is null => Decision.Nothing,
        Command.Close close => Decision.Accept(new TunnelEvent.TunnelClosed(close.Peer, close.Reason, close.Network)),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        TunnelEvent.TunnelOpened opened => new State(opened),
        TunnelEvent.TunnelClosed => new State((TunnelEvent.TunnelOpened?)null),
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => e switch
    {
        // The first packet to a peer whose neighbour is not known would be lost.
        TunnelEvent.TunnelOpened opened => opened.Vteps.Select(vtep => new Effect.Drive(new DriverCall.WarmNeighbour(vtep))),
        _ => [],
    };

    public IEnumerable<Effect> Resume(State state) =>
        state.Open is { } open ? React(state, open) : [];

    // Records compare immutable arrays by reference, so the sequences are compared.
    private static bool Same(TunnelEvent.TunnelOpened? left, TunnelEvent.TunnelOpened right) =>
        left is not null && left.Peer == right.Peer && left.PeerUid == right.PeerUid
        && left.Vteps.SequenceEqual(right.Vteps) && left.PodCidrs.SequenceEqual(right.PodCidrs);
}
