using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The stream <c>tunnel/NODE</c>: what this node knows of the way to one peer.</summary>
public abstract record TunnelEvent : IEvent
{
    private TunnelEvent()
    {
    }

    public abstract string Describe();

    /// <summary>Packets to the peer's pods go to its VTEP from now on; replaces what was known before.</summary>
    public sealed record TunnelOpened(NodeName Peer, string PeerUid, ImmutableArray<IpAddress> Vteps, ImmutableArray<Cidr> PodCidrs)
        : TunnelEvent, IInterningEvent
    {
        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts
        {
            get
            {
                var cause = CauseSet.Of(new PersistenceId("tunnel", Peer.Value));
                return [(cause.Id, cause.Text)];
            }
        }

        public override string Describe() =>
            $"tunnel to {Peer} opened: VTEP {string.Join(", ", Vteps)}, pods {string.Join(", ", PodCidrs)}";
    }

    public sealed record TunnelClosed(NodeName Peer, string Reason) : TunnelEvent
    {
        public override string Describe() => $"tunnel to {Peer} closed: {Reason}";
    }
}
