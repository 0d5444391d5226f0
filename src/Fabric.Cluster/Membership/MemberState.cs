using System.Text.Json.Serialization;

namespace Fabric.Cluster;

/// <summary>A member's state, in Akka's words.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MemberState>))]
public enum MemberState
{
    [JsonStringEnumMemberName("joining")]
    Joining,

    [JsonStringEnumMemberName("up")]
    Up,

    /// <summary>Its agent does not renew the lease; its data path is taken to work.</summary>
    [JsonStringEnumMemberName("unreachable")]
    Unreachable,

    /// <summary>It is drained, or its agent is stopping; its pods are reachable.</summary>
    [JsonStringEnumMemberName("leaving")]
    Leaving,

    /// <summary>Its agent has stopped in good order and its pods are reachable; or another node has taken its place.</summary>
    [JsonStringEnumMemberName("down")]
    Down,

    /// <summary>No member any more; nothing is forwarded to it.</summary>
    [JsonStringEnumMemberName("removed")]
    Removed,
}
