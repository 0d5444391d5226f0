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

    [JsonStringEnumMemberName("leaving")]
    Leaving,

    /// <summary>Gone: it has left, or another node has taken its place.</summary>
    [JsonStringEnumMemberName("down")]
    Down,
}
