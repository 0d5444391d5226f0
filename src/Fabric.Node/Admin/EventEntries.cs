using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Events of a journal as <c>/v1/events</c> shows them.</summary>
public static class EventEntries
{
    public static EventEntry Of(EventEnvelope e, EventCatalog catalog, bool withPayload) => new(
        e.Ordering, e.WallTime, e.Hlc, e.Stream, e.SequenceNr, e.Manifest, e.Correlation, e.Causation?.ToString(),
        Text(e, catalog), withPayload ? Payload(e) : null);

    private static string Text(EventEnvelope e, EventCatalog catalog)
    {
        try
        {
            return e.Event is { } known || catalog.TryDecode(e.Manifest, e.Payload.Span, out known)
                ? known.Describe()
                : $"{e.Manifest}, which this version does not know";
        }
        catch (JsonException damaged)
        {
            return $"{e.Manifest} with a payload that can't be read: {damaged.Message}";
        }
    }

    private static JsonElement? Payload(EventEnvelope e)
    {
        try
        {
            using var document = JsonDocument.Parse(e.Payload);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // What is not JSON is shown as the text it is; the entry's own text says what is wrong.
            return JsonSerializer.SerializeToElement(System.Text.Encoding.UTF8.GetString(e.Payload.Span), AdminJson.Default.String);
        }
    }
}
