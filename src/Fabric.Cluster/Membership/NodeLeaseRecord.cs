using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The value of a node's lease: who it is and where it is reached.</summary>
/// <param name="Uid">Random, made once and kept in the node's state directory.</param>
/// <param name="Incarnation">Grows with each start of the agent.</param>
/// <param name="UnderlayAddresses">The machine's own addresses.</param>
/// <param name="Vteps">The tunnel endpoints, one for each family that the underlay has.</param>
/// <param name="EventLevel">The newest cluster events that it can read (<see cref="EventCatalog.Level"/>).</param>
/// <param name="ObjectUid">The uid of its Node object in Kubernetes; null outside.</param>
public sealed record NodeLeaseRecord(
    NodeName Node,
    string Uid,
    long Incarnation,
    ImmutableArray<IpAddress> UnderlayAddresses,
    ImmutableArray<IpAddress> Vteps,
    string Version,
    int EventLevel,
    NodeLeaseState State,
    string? ObjectUid = null)
{
    /// <summary>What the names of all node leases begin with.</summary>
    public const string Prefix = "node/";

    public static string LeaseName(NodeName node) => Prefix + node.Value;

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ClusterJson.Default.NodeLeaseRecord);

    /// <returns>Null if the value is not a node's record as this version knows it.</returns>
    public static NodeLeaseRecord? TryDecode(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, ClusterJson.Default.NodeLeaseRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
