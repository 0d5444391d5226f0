using System.Text.Json.Serialization;

namespace Fabric.Cluster;

/// <summary>What a node says of itself in its lease.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodeLeaseState>))]
public enum NodeLeaseState
{
    [JsonStringEnumMemberName("up")]
    Up,

    /// <summary>A farewell: the agent has stopped in good order. Its pods stay, and so does what it holds.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,

    /// <summary>A farewell for good: it was drained, no attachment is left, and it has given its blocks back.</summary>
    [JsonStringEnumMemberName("left")]
    Left,
}
