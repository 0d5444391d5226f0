using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The virtual networks that this node takes part in, each with a conntrack zone that no other network has.</summary>
public sealed class NodeNetworks : IEntity<NodeNetworks.State>
{
    public const string PersistenceKind = "node-networks";

    /// <summary>1 is left to others on the host; 0 is the host's own.</summary>
    public const int FirstZone = 2;

    public const int LastZone = 65_535;

    public static PersistenceId Id(NodeName node) => new(PersistenceKind, node.Value);

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        /// <param name="Zone">The zone that it had before the journal was lost; null for any.</param>
        /// <param name="IsConfirmed">The cluster store has just said so: what was in doubt is no more.</param>
        public sealed record Join(NetworkName Network, Vni Vni, ImmutableArray<NetworkSubnet> Subnets, ImmutableArray<Cidr> Blocks,
            int? Zone = null, bool IsConfirmed = false) : Command;

        public sealed record Leave(NetworkName Network, string Reason) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Joined : Reply;

        public sealed record Left : Reply;
    }

    /// <param name="LastGiven">The zone given last; the next one is sought behind it, so that a zone is not soon another's.</param>
    public sealed record State(ImmutableSortedDictionary<NetworkName, NetworkEvent.NetworkJoined> Networks, int LastGiven);

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "node-networks-state/1";

    public JsonTypeInfo<State> StateJson => NodeStateJson.Default.NodeNetworksState;

    public State Initial { get; } = new(ImmutableSortedDictionary<NetworkName, NetworkEvent.NetworkJoined>.Empty, 0);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Join join => Join(state, join),
        Command.Leave leave when state.Networks.ContainsKey(leave.Network) =>
            Decision.AcceptAndReply(new Reply.Left(), new NetworkEvent.NetworkLeft(leave.Network, leave.Reason)),
        Command.Leave => Decision.AcceptAndReply(new Reply.Left()),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        NetworkEvent.NetworkJoined joined => new State(state.Networks.SetItem(joined.Network, joined), joined.ConntrackZone),
        NetworkEvent.NetworkLeft left => state with { Networks = state.Networks.Remove(left.Network) },
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    private static Decision Join(State state, Command.Join join)
    {
        var known = state.Networks.GetValueOrDefault(join.Network);
        // What runs under the old VNI stays apart from what others now call by this name.
        if (known is not null && known.Vni != join.Vni)
        {
            return Decision.Reject("network-made-anew", $"network {join.Network} was deleted and made anew with VNI {join.Vni}, and "
                + $"pods of the old one (VNI {known.Vni}) are still here: delete them first");
        }
        if (known is not null && !join.IsConfirmed && known.Subnets.SequenceEqual(join.Subnets) && known.Blocks.SequenceEqual(join.Blocks))
            return Decision.AcceptAndReply(new Reply.Joined());
        return (known?.ConntrackZone ?? Zone(state, join.Zone)) is { } zone
            ? Decision.AcceptAndReply(
                new Reply.Joined(), new NetworkEvent.NetworkJoined(join.Network, join.Vni, zone, join.Subnets, join.Blocks))
            : Decision.Reject("zones-exhausted", "every conntrack zone of this node belongs to a network");
    }

    private static int? Zone(State state, int? wanted)
    {
        var taken = state.Networks.Values.Select(n => n.ConntrackZone).Append(NodeParameters.DefaultZone).ToHashSet();
        if (wanted is { } former && !taken.Contains(former))
            return former;
        const int Zones = LastZone - FirstZone + 1;
        var start = state.LastGiven < FirstZone ? 0 : state.LastGiven - FirstZone + 1;
        for (var i = 0; i < Zones; i++)
        {
            var zone = FirstZone + (start + i) % Zones;
            if (!taken.Contains(zone))
                return zone;
        }
        return null;
    }
}
