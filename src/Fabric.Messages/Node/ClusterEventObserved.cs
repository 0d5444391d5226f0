using System.Text.Json;

namespace Fabric.Messages;

/// <summary>
/// A copy of a cluster event in this node's journal, written before it is acted on: the mesh after a restart without the store.
/// </summary>
/// <param name="Source">The event's stream in the cluster journal.</param>
/// <param name="SequenceNr">Its number there: the watermark of what has been observed.</param>
public sealed record ClusterEventObserved(PersistenceId Source, long SequenceNr, string Manifest, Hlc Hlc, JsonElement Payload,
    string Description) : IEvent
{
    public string Describe() => $"{Source} #{SequenceNr}: {Description}";
}
