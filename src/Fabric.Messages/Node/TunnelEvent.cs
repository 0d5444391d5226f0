using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The stream <c>tunnel/NODE</c>, or <c>tunnel/NETWORK/NODE</c> of a virtual network: what this node knows of the way to one peer.</summary>
public abstract record TunnelEvent : IEvent
{
    private TunnelEvent()
    {
    }

    public abstract string Describe();

    /// <summary>The stream of the way to a peer.</summary>
    public static PersistenceId IdOf(NetworkName? network, NodeName peer) =>
        new("tunnel", network is { } name ? $"{name}/{peer}" : peer.Value);

    private static string In(NetworkName? network) => network is { } name ? $" in network {name}" : "";

    /// <summary>Packets to the peer's pods go to its VTEP from now on; replaces what was known before.</summary>
    /// <param name="Network">The virtual network; null for the default one.</param>
    public sealed record TunnelOpened(NodeName Peer, string PeerUid, ImmutableArray<IpAddress> Vteps, ImmutableArray<Cidr> PodCidrs,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NetworkName? Network = null)
        : TunnelEvent, IInterningEvent
    {
        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts
        {
            get
            {
                var cause = CauseSet.Of(IdOf(Network, Peer));
                return [(cause.Id, cause.Text)];
            }
        }

        public override string Describe() =>
            $"tunnel to {Peer}{In(Network)} opened: VTEP {string.Join(", ", Vteps)}, pods {string.Join(", ", PodCidrs)}";
    }

    public sealed record TunnelClosed(NodeName Peer, string Reason,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NetworkName? Network = null) : TunnelEvent
    {
        public override string Describe() => $"tunnel to {Peer}{In(Network)} closed: {Reason}";
    }
}
