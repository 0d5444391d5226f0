using System.Text.Json;

namespace Fabric.Messages;

/// <summary>One line of <c>/v1/events</c>.</summary>
/// <param name="Time">The writer's wall clock.</param>
/// <param name="Text"><see cref="IEvent.Describe"/>, or a sentence that says why there is none.</param>
/// <param name="Payload">The event as it is stored; null unless it was asked for.</param>
public sealed record EventEntry(
    long Ordering,
    DateTimeOffset Time,
    Hlc Hlc,
    PersistenceId Stream,
    long SequenceNr,
    string Manifest,
    CorrelationId Correlation,
    string? Causation,
    string Text,
    JsonElement? Payload);
