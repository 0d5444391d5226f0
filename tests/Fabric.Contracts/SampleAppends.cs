using System.Collections.Immutable;
using System.Text;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>Makes appends the way a writer does: own commit ids, growing HLCs, sealed envelopes. Any thread.</summary>
public sealed class SampleAppends(string writer = "node-a", long incarnation = 1)
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private long _counter;

    public Append Next(PersistenceId stream, long expected, int events = 1, Durability durability = Durability.Process,
        DateTimeOffset? at = null, params InternedText[] texts)
    {
        var counter = Interlocked.Increment(ref _counter);
        var commit = new CommitId(writer, incarnation, counter);
        var time = at ?? Start.AddMilliseconds(counter);
        var list = ImmutableArray.CreateBuilder<EventEnvelope>(events);
        for (var i = 1; i <= events; i++)
            list.Add(Event(stream, expected + i, commit, time, i));
        return new Append(stream, expected, list.MoveToImmutable(), durability, [.. texts]);
    }

    public static EventEnvelope Event(PersistenceId stream, long number, CommitId commit, DateTimeOffset time, int place = 1) => new EventEnvelope
    {
        Stream = stream,
        SequenceNr = number,
        CommitId = commit,
        Hlc = new Hlc(time.ToUnixTimeMilliseconds(), (ushort)place),
        WallTime = time,
        Manifest = number % 2 == 0 ? "port-attached/1" : "port-detached/2",
        Correlation = number % 3 == 0 ? CorrelationId.None : new CorrelationId($"ask-{commit.Counter}"),
        Causation = number % 4 == 0 ? new Causation(new PersistenceId("pool", "default"), number - 1) : null,
        ObjectRef = number % 5 == 0 ? new ObjectRef("Pod", "default", $"web-{number}", "3f1c-uid", "12") : null,
        Crc32C = 0,
        Payload = Encoding.UTF8.GetBytes($"{{\"number\":{number},\"text\":\"Grüße \\u0000 {commit.Counter}\"}}"),
    }.Sealed();

    public static Snapshot Snapshot(PersistenceId stream, long number, string state = "{}") =>
        new(stream, number, "sample-state/1", new Hlc(Start.ToUnixTimeMilliseconds(), 7), Encoding.UTF8.GetBytes(state));
}
