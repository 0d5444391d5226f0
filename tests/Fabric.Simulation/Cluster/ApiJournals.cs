using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Actors;
using Fabric.KubernetesApi;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>Reads the journals in a Kubernetes API by their documented layout, without the store's code.</summary>
internal sealed class ApiJournals(ApiState api, string ns)
{
    public IEnumerable<ApiJournal> Read()
    {
        var (segments, snapshots) = (Objects("journalsegments"), Objects("journalsnapshots"));
        foreach (var (name, journal) in Objects("journals"))
            yield return Read(name, journal, segments, snapshots);
    }

    private static ApiJournal Read(
        string name, JsonObject journal, SortedDictionary<string, JsonObject> segments, SortedDictionary<string, JsonObject> snapshots)
    {
        var spec = (JsonObject)journal["spec"]!;
        var stream = PersistenceId.Parse(Text(spec, "stream"));
        var events = ImmutableArray.CreateBuilder<EventEnvelope>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        string? fault = null;
        foreach (var segment in ((JsonArray)spec["segments"]!).OfType<JsonObject>())
        {
            var at = $"{name}.{Number(segment, "first")}.{Text(segment, "digest")}";
            used.Add(at);
            if (segments.TryGetValue(at, out var found))
                events.AddRange(Events(stream, (JsonArray)found["spec"]!["commits"]!));
            else
                fault = $"its segment {at} is gone";
        }
        events.AddRange(Events(stream, (JsonArray)spec["tail"]!));
        Snapshot? newest = null;
        foreach (var field in (string[])["previous", "snapshot"])
        {
            if (spec[field] is not JsonObject reference)
                continue;
            newest = null;
            using var payload = new MemoryStream();
            for (var part = 0; part < Number(reference, "parts"); part++)
            {
                var at = string.Create(CultureInfo.InvariantCulture, $"{name}.{Number(reference, "sequenceNr")}.{Text(reference, "digest")}.{part}");
                used.Add(at);
                if (snapshots.TryGetValue(at, out var found))
                    payload.Write(Bytes((JsonObject)found["spec"]!, "text"));
                else
                    fault = $"its snapshot {at} is gone";
            }
            newest = new Snapshot(stream, Number(reference, "sequenceNr"), Text(reference, "manifest"), Hlc.Parse(Text(reference, "hlc")),
                payload.ToArray());
        }
        var version = Text((JsonObject)journal["metadata"]!, "resourceVersion");
        var garbage = segments.Concat(snapshots).Count(part => part.Key.StartsWith($"{name}.", StringComparison.Ordinal)
            && !used.Contains(part.Key) && Text((JsonObject)part.Value["spec"]!, "after") != version);
        return new ApiJournal(stream, Number(spec, "last"), Number(spec, "pruned"), events.ToImmutable(), newest, garbage, fault);
    }

    private static IEnumerable<EventEnvelope> Events(PersistenceId stream, JsonArray commits)
    {
        foreach (var commit in commits.OfType<JsonObject>())
        {
            var number = Number(commit, "first");
            foreach (var e in ((JsonArray)commit["events"]!).OfType<JsonObject>())
            {
                yield return new EventEnvelope
                {
                    Stream = stream,
                    SequenceNr = number++,
                    CommitId = CommitId.Parse(Text(commit, "commit")),
                    Hlc = Hlc.Parse(Text(e, "hlc")),
                    WallTime = DateTimeOffset.FromUnixTimeMilliseconds(Number(e, "at")),
                    Manifest = Text(e, "manifest"),
                    Correlation = e["correlation"] is { } correlation ? new CorrelationId(correlation.GetValue<string>()) : CorrelationId.None,
                    Crc32C = (uint)Number(e, "crc32C"),
                    Payload = Bytes(e, "json"),
                };
            }
        }
    }

    private SortedDictionary<string, JsonObject> Objects(string plural) => new(
        api.List(api.Find("fabric.cni.dev", "v1alpha1", plural)!, new ListOptions(ns)).Items
            .ToDictionary(o => o["metadata"]!["name"]!.GetValue<string>()), StringComparer.Ordinal);

    private static byte[] Bytes(JsonObject from, string text) => from["base64"] is { } base64
        ? Convert.FromBase64String(base64.GetValue<string>())
        : Encoding.UTF8.GetBytes(Text(from, text));

    private static string Text(JsonObject from, string name) => from[name]!.GetValue<string>();

    private static long Number(JsonObject from, string name) => long.Parse(from[name]!.ToJsonString(), CultureInfo.InvariantCulture);
}

/// <summary>A stream as the API holds it.</summary>
/// <param name="Garbage">How many parts there are that it does not refer to, and never will.</param>
/// <param name="Fault">Null: all that it refers to is there.</param>
internal sealed record ApiJournal(
    PersistenceId Stream, long Last, long Pruned, ImmutableArray<EventEnvelope> Events, Snapshot? Snapshot, int Garbage,
    string? Fault);
