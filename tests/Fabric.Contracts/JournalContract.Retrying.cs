using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

public abstract partial class JournalContract
{
    /// <summary>Closes the journal and opens what it has left behind.</summary>
    protected async Task Reopen()
    {
        await Journal.DisposeAsync();
        Journal = await OpenAsync();
    }

    /// <summary>Appends and settles an unknown outcome the way a host does: by looking for its own commit id in the stream.</summary>
    protected async Task<AppendOutcome> Settle(Append append)
    {
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var outcome = await Journal.AppendAsync(append, default);
            if (outcome is not AppendOutcome.Unknown)
                return outcome;
            var written = (await Read(append.Stream, append.ExpectedSequenceNr + 1)).FirstOrDefault();
            if (written?.CommitId == append.CommitId)
                return new AppendOutcome.Appended(await HeadOf(append.Stream), written.Ordering);
        }
        throw new InvalidOperationException($"append to {append.Stream} was unknown {MostAttempts} times");
    }

    protected async Task<AppendOutcome.Appended> Appended(PersistenceId stream, long expected, int events) =>
        Assert.IsType<AppendOutcome.Appended>(await Settle(Appends.Next(stream, expected, events)));

    protected Task<StreamHead> HeadOf(PersistenceId stream) => Retry(() => Journal.ReadHeadAsync(stream, default));

    protected Task Save(Snapshot snapshot) => Retry(() => Journal.SaveSnapshotAsync(snapshot, default));

    protected Task<List<EventEnvelope>> Read(PersistenceId stream, long from = 1) =>
        ReadToEnd(() => Journal.ReadAsync(stream, from, default));

    protected static async Task<List<EventEnvelope>> ReadToEnd(Func<IAsyncEnumerable<EventEnvelope>> read) => await Retry(async () =>
    {
        var events = new List<EventEnvelope>();
        await foreach (var e in read())
            events.Add(e);
        return events;
    });

    protected static async Task Retry(Func<ValueTask> action) => await Retry(async () =>
    {
        await action();
        return true;
    });

    protected static async Task<T> Retry<T>(Func<ValueTask<T>> action)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await action();
            }
            catch (JournalException e) when (e.IsTransient && attempt < MostAttempts)
            {
                continue;
            }
        }
    }

    protected static async Task AssertRefused(Func<ValueTask> action)
    {
        var refusal = await Assert.ThrowsAsync<JournalException>(() => Retry(action));
        Assert.False(refusal.IsTransient, refusal.Message);
    }

    /// <summary>Equal in all that is stored; the order is the journal's own.</summary>
    protected static void AssertSame(IReadOnlyList<EventEnvelope> expected, IReadOnlyList<EventEnvelope> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (x, y) in expected.Zip(actual))
        {
            Assert.Equal(x with { Payload = default, Ordering = 0 }, y with { Payload = default, Ordering = 0 });
            Assert.True(x.Payload.Span.SequenceEqual(y.Payload.Span), $"payload of {x.Stream}#{x.SequenceNr}");
            Assert.True(y.IsIntact);
        }
    }
}
