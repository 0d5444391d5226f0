using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>One host with its journal, as a test of <see cref="HostContract"/> sees it. Everything happens on the host's loop.</summary>
/// <param name="disk">What the journal is kept on; it outlives restarts.</param>
/// <param name="makeHost">Makes the host with <see cref="Tally"/> and <see cref="Notebook"/> on the given journal.</param>
public sealed class HostBench(TimeProvider time, IJournal disk, Func<HostBench, HostOptions, IEntityHost> makeHost) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private IEntityHost? _host;
    private HostOptions _options = new() { Writer = "node-a", Incarnation = 0 };
    private long _foreignCommits;

    public TimeProvider Time => time;

    public ScriptedJournal Journal { get; } = new(disk);

    public RecordingObserver Observer { get; } = new();

    /// <summary>Every command that a tally has decided.</summary>
    public List<ICommand> Decided { get; } = [];

    public IEntityHost Host => _host ?? throw new InvalidOperationException("start the host first");

    /// <summary>Starts the host; a second call ends the old one and starts the next incarnation on the same journal.</summary>
    public IEntityHost Start(Func<HostOptions, HostOptions>? change = null)
    {
        Dispose();
        _options = _options with { Incarnation = _options.Incarnation + 1 };
        if (change is not null)
            _options = change(_options);
        return _host = makeHost(this, _options);
    }

    public Task<AskResult> AskAsync(PersistenceId to, ICommand command, TimeSpan? deadline = null) =>
        Host.AskAsync(to, command, new AskContext(new CorrelationId("test"), deadline ?? s_patience));

    /// <summary>Asks and expects a reply.</summary>
    public async Task<TallyState> TellStateAsync(PersistenceId to, ICommand command)
    {
        var result = await AskAsync(to, command);
        var replied = Assert.IsType<AskResult.Replied>(result);
        return Assert.IsType<TallyReply>(replied.Reply).State;
    }

    public Task<TallyState> StateOfAsync(PersistenceId tally) => TellStateAsync(tally, new TallyCommand.Read());

    public void Tell(PersistenceId to, ICommand command) => Host.Tell(to, command, CorrelationId.None);

    /// <summary>Waits for a condition; the deadline only ends a test that has failed.</summary>
    public Task EventuallyAsync(Func<bool> condition, string what) =>
        EventuallyAsync(() => Task.FromResult(condition()), what);

    public async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        var began = time.GetTimestamp();
        while (!await condition())
        {
            Assert.True(time.GetElapsedTime(began) < s_patience, $"in vain: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), time);
        }
    }

    /// <summary>Lets everything run that could: after it, what has not happened was not to happen.</summary>
    public async Task PassTurnsAsync()
    {
        for (var i = 0; i < 3; i++)
            await AskAsync(Tally.Id("bystander"), new TallyCommand.Read());
    }

    /// <summary>The stream's manifests, from disk.</summary>
    public async Task<List<string>> ManifestsAsync(PersistenceId stream)
    {
        var manifests = new List<string>();
        await foreach (var e in disk.ReadAsync(stream, 1, CancellationToken.None))
            manifests.Add(e.Manifest);
        return manifests;
    }

    public async Task<List<EventEnvelope>> EventsAsync(PersistenceId stream)
    {
        var events = new List<EventEnvelope>();
        await foreach (var e in disk.ReadAsync(stream, 1, CancellationToken.None))
            events.Add(e);
        return events;
    }

    /// <summary>The keys that were added, from disk, in order.</summary>
    public async Task<List<string>> KeysAsync(PersistenceId stream)
    {
        var keys = new List<string>();
        foreach (var e in await EventsAsync(stream))
        {
            Assert.True(TallyEvents.Catalog.TryDecode(e.Manifest, e.Payload.Span, out var decoded));
            if (decoded is TallyEvent.Added added)
                keys.Add(added.Key);
        }
        return keys;
    }

    /// <summary>Another writer appends to the stream.</summary>
    public async Task AppendAsOtherAsync(PersistenceId stream, string manifest, ReadOnlyMemory<byte> payload, TimeSpan ahead = default)
    {
        var head = await disk.ReadHeadAsync(stream, CancellationToken.None);
        var e = new EventEnvelope
        {
            Stream = stream, SequenceNr = head.LastSequenceNr + 1, CommitId = new CommitId("node-b", 1, ++_foreignCommits),
            Hlc = new Hlc((time.GetUtcNow() + ahead).ToUnixTimeMilliseconds(), 0), WallTime = time.GetUtcNow(), Manifest = manifest,
            Correlation = CorrelationId.None, Crc32C = 0, Payload = payload,
        }.Sealed();
        var outcome = await disk.AppendAsync(
            new Append(stream, head.LastSequenceNr, [e], Durability.Process, []), CancellationToken.None);
        Assert.IsType<AppendOutcome.Appended>(outcome);
    }

    public Task AddAsOtherAsync(PersistenceId stream, string key, int amount = 1, TimeSpan ahead = default) =>
        AppendAsOtherAsync(stream, "added/1", TallyEvents.Catalog.Encode(new TallyEvent.Added(key, amount)), ahead);

    public Task SaveSnapshotAsync(Snapshot snapshot) => disk.SaveSnapshotAsync(snapshot, CancellationToken.None).AsTask();

    public Task PruneAsync(PersistenceId stream, long through) => disk.PruneAsync(stream, through, CancellationToken.None).AsTask();

    /// <summary>The host that ships, made on the current loop; what a contract's <c>makeHost</c> usually is.</summary>
    public static IEntityHost MakeEntityHost(HostBench bench, HostOptions options)
    {
        var host = new EntityHost(options, TallyEvents.Catalog, new HlcClock(bench.Time, default), bench.Time, bench.Observer)
        {
            Driver = bench.Observer,
        };
        host.Register(new Tally(bench.Decided.Add), bench.Journal);
        host.Register(new Notebook(), bench.Journal);
        return host;
    }

    public void Dispose() => (_host as IDisposable)?.Dispose();
}
