using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The encapsulation between nodes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OverlayKind>))]
public enum OverlayKind
{
    /// <summary>RFC 7348, UDP port 4789.</summary>
    [JsonStringEnumMemberName("vxlan")]
    Vxlan,

    /// <summary>RFC 8926, UDP port 6081.</summary>
    [JsonStringEnumMemberName("geneve")]
    Geneve,

    /// <summary>RFC 2784 with a key (RFC 2890), IP protocol 47.</summary>
    [JsonStringEnumMemberName("gre")]
    Gre,
}
