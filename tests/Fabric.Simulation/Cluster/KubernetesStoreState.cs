using System.Text.Json.Nodes;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.KubernetesApi;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>The cluster store of a run in a Kubernetes API, and a copy of what it holds that the test keeps by itself.</summary>
/// <remarks>
/// After each write the objects are read as JSON, without the store's code: a commit that is new must follow on the copy's last
/// one, and all that a journal refers to must be there.
/// </remarks>
internal sealed class KubernetesStoreState : ClusterStoreState
{
    private const string Namespace = "fabric-system";
    private const string Cluster = "fabric";

    /// <summary>What crashes and lost races leave until the next write of a stream comes through.</summary>
    private const int MostGarbage = 16;

    private static readonly JsonObject[] Kinds =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "crds"), "journal*.yaml").Order(StringComparer.Ordinal)
            .SelectMany(file => Manifest.Read(File.ReadAllText(file))),
    ];

    private readonly ApiState _api;
    private readonly ApiJournals _journals;
    private readonly EventCatalog _catalog;
    private readonly KubernetesClusterStore _operator;
    private readonly JournalSizes _sizes;

    public KubernetesStoreState(SimulationRun run, EventCatalog catalog) : base(run)
    {
        _catalog = catalog;
        _api = ApiState.Start(run.Loop.Time);
        _api.Create(_api.Find("", "v1", "namespaces")!, null, Named(Namespace), WriteOptions.None);
        foreach (var kind in Kinds)
            _api.Create(_api.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!, null, (JsonObject)kind.DeepClone(), WriteOptions.None);
        _journals = new ApiJournals(_api, Namespace);
        // Runs are short: with the sizes of a real cluster hardly a commit would leave its journal.
        var tail = run.Random.Pick([600, 1_500, JournalSizes.Default.TailBytes]);
        _sizes = new JournalSizes(tail, run.Random.Pick([0, tail / 2]), 3 * tail, run.Random.Pick([2, 8]) * tail);
        _operator = KubernetesClusterStore.Open(Server(), Namespace, Cluster, run.Loop.Time, run.Loop, sizes: _sizes);
    }

    /// <summary>The API server for one client; what it carries out is in the copy before the answer is under way.</summary>
    public SimulatedKubernetesApi Server() => new(_api) { After = (request, _) => Taken(request) };

    public override IClusterStore Connect(SimulatedProcess process, string node) =>
        KubernetesClusterStore.Open(new FaultyKubernetesApi(process, node, this), Namespace, Cluster, process.Time, process, sizes: _sizes);

    public override void DeleteLease(string name)
    {
        var leases = _api.Find("coordination.k8s.io", "v1", "leases")!;
        foreach (var lease in _api.List(leases, new ListOptions(Namespace)).Items)
        {
            if (lease["metadata"]?["annotations"]?["fabric.cni.dev/lease"]?.GetValue<string>() != name)
                continue;
            Run.Loop.Note($"somebody deletes lease {name}");
            _api.Delete(leases, Namespace, lease["metadata"]!["name"]!.GetValue<string>(), new DeleteOptions());
        }
    }

    /// <summary>Old versions go, so that watches and pages have to begin anew; and what a snapshot covers, too.</summary>
    public override void Compact(PersistenceId stream)
    {
        _api.Compact(_api.Revision);
        var through = Disk.ReadHeadAsync(stream, CancellationToken.None).Result.SnapshotSequenceNr;
        if (through == 0)
            return;
        Run.Loop.Note($"{stream} is pruned through {through}");
        _ = Run.Loop.Run(async () => await _operator.PruneAsync(stream, through, CancellationToken.None));
    }

    private Task Taken(ApiRequest request)
    {
        if (request.Verb is "GET" or "LIST" or "WATCH" || request.Kind.Group != "fabric.cni.dev")
            return Task.CompletedTask;
        foreach (var journal in _journals.Read())
        {
            Run.Check(journal.Fault is null, $"after {request}: the journal of {journal.Stream} is whole, but {journal.Fault}");
            Run.Check(journal.Garbage <= MostGarbage, $"after {request}: {journal.Garbage} objects are left that {journal.Stream} does not refer to");
            Copy(journal, request);
        }
        return Task.CompletedTask;
    }

    // Everything in memory completes at once.
    private void Copy(ApiJournal journal, ApiRequest request)
    {
        var head = Disk.ReadHeadAsync(journal.Stream, CancellationToken.None).Result;
        Run.Check(journal.Last >= head.LastSequenceNr, $"after {request}: {journal.Stream} ends at {journal.Last}, after {head.LastSequenceNr} before");
        foreach (var commit in journal.Events.Where(e => e.SequenceNr > head.LastSequenceNr).GroupBy(e => e.CommitId))
        {
            var append = new Append(journal.Stream, commit.First().SequenceNr - 1, [.. commit.Select(Decoded)], Durability.Synced, []);
            var outcome = Disk.AppendAsync(append, CancellationToken.None).Result;
            Run.Check(outcome is AppendOutcome.Appended, $"after {request}: commit {commit.Key} follows on {head.LastSequenceNr} of {journal.Stream}");
            Run.Loop.Note($"store: append {journal.Stream}#{append.LastSequenceNr} {append.Events[^1].Manifest}");
            Written(append);
        }
        if (journal.Snapshot is { } snapshot && snapshot.SequenceNr != head.SnapshotSequenceNr)
        {
            _ = Disk.SaveSnapshotAsync(snapshot, CancellationToken.None).IsCompletedSuccessfully;
            Run.Loop.Note($"store: snapshot of {journal.Stream} at {snapshot.SequenceNr}");
        }
        CheckSame(journal, request);
    }

    /// <summary>What can be read is what was once appended, up to the last event.</summary>
    private void CheckSame(ApiJournal journal, ApiRequest request)
    {
        var next = journal.Pruned + 1;
        var appended = Disk.ReadAsync(journal.Stream, next, CancellationToken.None).ToBlockingEnumerable()
            .ToDictionary(e => e.SequenceNr, e => (e.CommitId, e.Crc32C));
        foreach (var e in journal.Events.Where(e => e.SequenceNr > journal.Pruned))
        {
            Run.Check(e.SequenceNr == next++, $"after {request}: {journal.Stream} goes on with {e.SequenceNr}, not {next - 1}");
            Run.Check(e.IsIntact, $"after {request}: event {e.SequenceNr} of {journal.Stream} is intact");
            Run.Check(appended[e.SequenceNr] == (e.CommitId, e.Crc32C),
                $"after {request}: event {e.SequenceNr} of {journal.Stream} is that of commit {appended[e.SequenceNr].CommitId} as before");
        }
        Run.Check(next == journal.Last + 1, $"after {request}: {journal.Stream} has events up to {journal.Last}, and not only to {next - 1}");
    }

    private EventEnvelope Decoded(EventEnvelope e) =>
        _catalog.TryDecode(e.Manifest, e.Payload.Span, out var decoded) ? e with { Event = decoded } : e;

    private static JsonObject Named(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };
}
