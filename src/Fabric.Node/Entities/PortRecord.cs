using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>
/// A ready attachment as one line, kept with its port in Open vSwitch: what a node whose journal was lost builds it from again.
/// </summary>
/// <param name="Network">The virtual network as the node had joined it; null on the default network.</param>
public sealed record PortRecord(
    PortEvent.AttachmentRequested Request, ImmutableArray<PortEvent.AddressAssigned> Assigned, OfPort OfPort,
    NetworkEvent.NetworkJoined? Network = null)
{
    /// <summary>The record of a port that has all its holdings.</summary>
    public static PortRecord Of(PortState port, NodeState state) => new(port.Request!, [.. port.Assigned.Values], port.OfPort!.Value,
        port.Request!.Virtual is { } v ? state.Networks.GetValueOrDefault(v.Network) : null);

    public string Encode() => JsonSerializer.Serialize(this, NodeStateJson.Default.PortRecord);

    /// <returns>Null if the text is not such a record as this version knows it.</returns>
    public static PortRecord? TryDecode(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, NodeStateJson.Default.PortRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
