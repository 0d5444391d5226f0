using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The stream <c>node-networks/NODE</c>: the virtual networks that a node takes part in.</summary>
public abstract record NetworkEvent : IEvent
{
    private NetworkEvent()
    {
    }

    public abstract string Describe();

    public abstract NetworkName Network { get; init; }

    /// <summary>The node takes part; replaces what was known of the network here.</summary>
    /// <param name="ConntrackZone">The network's own zone on this node, 1–65535.</param>
    /// <param name="Blocks">What this node's pods get addresses of; one for each subnet, IPv4 first.</param>
    public sealed record NetworkJoined(
        NetworkName Network, Vni Vni, int ConntrackZone, ImmutableArray<NetworkSubnet> Subnets, ImmutableArray<Cidr> Blocks)
        : NetworkEvent, IInterningEvent
    {
        public override NetworkName Network { get; init; } = Network;

        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts
        {
            get
            {
                var cause = CauseSet.Of(new PersistenceId("network", Network.Value));
                return [(cause.Id, cause.Text)];
            }
        }

        public override string Describe() => $"network {Network} joined: VNI {Vni}, conntrack zone {ConntrackZone}, "
            + $"{string.Join(", ", Blocks)} of {string.Join(", ", Subnets.Select(s => s.Cidr))}";
    }

    /// <summary>No pod of the network is here, and none gets an address of the blocks, which go back to the cluster next.</summary>
    public sealed record NetworkLeft(NetworkName Network, string Reason) : NetworkEvent, ISyncedEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"network {Network} left: {Reason}";
    }
}
