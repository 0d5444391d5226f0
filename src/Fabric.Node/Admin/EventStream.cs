using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;
using Microsoft.AspNetCore.Http;

namespace Fabric.Node;

/// <summary>Writes the answer to one query for events: a line for each, and with follow=true no end.</summary>
internal sealed class EventStream(INodeJournal journal, EventCatalog catalog, EventQuery query, EventFilter filter)
{
    private const int FlushBytes = 16 * 1024;

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        using var following = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // Before the end of the journal is read, so that nothing falls between the past and the feed.
            var feed = query.Follow ? journal.Follow(following.Token) : null;
            var through = journal.LastOrdering;
            var past = new EventReader(journal, query, filter).ReadAsync(through, cancellationToken);
            await using var events = past.GetAsyncEnumerator(cancellationToken);
            // The first event decides whether this is an answer or an error, so it is read before the headers are sent.
            var any = await events.MoveNextAsync();
            response.ContentType = "application/x-ndjson";
            await response.StartAsync(cancellationToken);
            while (any)
            {
                await WriteLineAsync(response.BodyWriter, events.Current, cancellationToken);
                any = await events.MoveNextAsync();
            }
            await response.BodyWriter.FlushAsync(cancellationToken);
            while (feed is not null && await feed.WaitToReadAsync(cancellationToken))
            {
                while (feed.TryRead(out var batch))
                {
                    foreach (var e in batch.Where(e => e.Ordering > through && filter.Matches(e)))
                        await WriteLineAsync(response.BodyWriter, e, cancellationToken);
                }
                await response.BodyWriter.FlushAsync(cancellationToken);
            }
        }
        finally
        {
            // A follower that is not cancelled keeps its batches in memory.
            await following.CancelAsync();
        }
    }

    private async ValueTask WriteLineAsync(PipeWriter writer, EventEnvelope e, CancellationToken cancellationToken)
    {
        using (var json = new Utf8JsonWriter(writer))
            JsonSerializer.Serialize(json, EventEntries.Of(e, catalog, query.Payload), AdminJson.Default.EventEntry);
        writer.Write("\n"u8);
        if (writer.UnflushedBytes > FlushBytes)
            await writer.FlushAsync(cancellationToken);
    }
}
