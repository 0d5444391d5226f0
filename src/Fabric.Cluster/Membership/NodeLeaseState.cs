using System.Text.Json.Serialization;

namespace Fabric.Cluster;

/// <summary>What a node says of itself in its lease.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodeLeaseState>))]
public enum NodeLeaseState
{
    [JsonStringEnumMemberName("up")]
    Up,

    /// <summary>It is being drained and will withdraw its lease; until then its pods are reachable.</summary>
    [JsonStringEnumMemberName("leaving")]
    Leaving,
}
