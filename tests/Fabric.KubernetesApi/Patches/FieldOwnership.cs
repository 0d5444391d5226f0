using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>
/// Who owns which fields (<c>metadata.managedFields</c>), and server-side apply: fields that are given become the applier's, those
/// that it no longer gives go unless another one owns them, and those that another one set otherwise are a conflict.
/// </summary>
/// <remarks>
/// Leaf by leaf. Left out: ownership across versions of a kind, lists that are sets (they are one value here), maps and admission's
/// defaults as owned things of their own, the order of new items in a list with keys, and the limit of managers that kube-apiserver
/// folds into one. A map that an apply leaves empty goes, as kube-apiserver lets it go if nobody owns
/// the map itself.
/// </remarks>
public static class FieldOwnership
{
    private static readonly SortedSet<string> GivenByServer = new(StringComparer.Ordinal)
    {
        "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "managedFields", "selfLink", "generateName",
    };

    /// <summary>What the object becomes; <paramref name="owned"/> is what its applier owns then.</summary>
    /// <exception cref="ApiStatusException">409: others own fields that would change.</exception>
    internal static JsonObject Apply(
        ApiKind kind, JsonObject before, JsonObject applied, string? subresource, WriteOptions options, out FieldSet owned)
    {
        owned = OfApplied(kind, applied, subresource);
        var after = (JsonObject)before.DeepClone();
        Overlay(kind, after, applied, owned);
        if (!options.Force)
            CheckConflicts(kind, before, applied, owned, subresource, options);
        var gives = owned;
        var entries = Entries(before).ToList();
        var previous = entries.Find(e => e.Is(options.FieldManager, "Apply", subresource))?.Fields;
        foreach (var path in previous?.Paths.ToList() ?? [])
        {
            // Only other appliers keep it; who once wrote the field otherwise does not.
            if (!gives.IsAtOrUnder(path) && !FieldPaths.IsKeyOfItem(path) && !entries.Exists(e =>
                e.Operation == "Apply" && !e.Is(options.FieldManager, "Apply", subresource) && e.Fields.IsAtOrUnder(path)))
                FieldPaths.Remove(after, path);
        }
        return after;
    }

    /// <summary>The fields that an applied configuration gives.</summary>
    internal static FieldSet OfApplied(ApiKind kind, JsonObject applied, string? subresource)
    {
        var all = FieldPaths.Of(kind, applied);
        all.RemoveWhere(path => IsServers(path) || IsIgnored(kind, path, subresource));
        return all;
    }

    /// <summary>Writes into <paramref name="after"/> who owns what after this request.</summary>
    /// <param name="applied">Null: no apply; who writes owns what it changed.</param>
    internal static void Record(
        ApiKind kind, JsonObject? before, JsonObject after, string? subresource, WriteOptions options, FieldSet? applied,
        DateTimeOffset now)
    {
        var operation = applied is null ? "Update" : "Apply";
        var entries = before is null ? [] : Entries(before).ToList();
        var present = FieldPaths.Of(kind, after);
        var changed = FieldPaths.Changed(kind, before, after);
        changed.RemoveWhere(IsServers);
        var removed = before is null ? new FieldSet() : FieldPaths.Of(kind, before);
        removed.Remove(present);
        // What is changed is no longer another one's; what this write takes away is nobody's.
        foreach (var entry in entries)
        {
            var isOwn = entry.Is(options.FieldManager, operation, subresource);
            entry.Fields.RemoveWhere(path => removed.Contains(path) || !isOwn && changed.Contains(path));
        }
        var own = entries.Find(e => e.Is(options.FieldManager, operation, subresource));
        if (own is null)
            entries.Add(own = new Entry(options.FieldManager, operation, subresource, new FieldSet(), null));
        var was = new FieldSet();
        was.UnionWith(own.Fields);
        if (applied is null)
        {
            own.Fields.UnionWith(changed);
        }
        else
        {
            own.Fields.Remove(was);
            own.Fields.UnionWith(applied);
        }
        var time = own.Time is null || !was.SetEquals(own.Fields) || !changed.IsEmpty ? Meta.Time(now) : own.Time;
        entries = [.. entries.Select(e => e == own ? e with { Time = time } : e).Where(e => !e.Fields.IsEmpty)];
        Meta.Set(after, "managedFields", entries.Count == 0 ? null : new JsonArray([.. entries.Select(e => e.ToJson(kind))]));
    }

    private static void CheckConflicts(
        ApiKind kind, JsonObject before, JsonObject applied, FieldSet owned, string? subresource, WriteOptions options)
    {
        List<(string Who, string Path)> conflicts = [];
        foreach (var entry in Entries(before).Where(e => !e.Is(options.FieldManager, "Apply", subresource)))
        {
            foreach (var path in entry.Fields.Paths.Where(owned.Contains))
            {
                var (there, wanted) = (FieldPaths.Find(before, path), FieldPaths.Find(applied, path));
                if (path[^1].StartsWith("f:", StringComparison.Ordinal) && !AreMaps(there, wanted) && !JsonNode.DeepEquals(there, wanted))
                    conflicts.Add((entry.ShownIn(kind), FieldSet.Shown(path)));
            }
        }
        if (conflicts.Count == 0)
            return;
        var said = string.Join(", ", conflicts.Select(c => $"conflict with {c.Who}: {c.Path}"));
        throw new ApiStatusException(409, "Conflict",
            $"Apply failed with {conflicts.Count} conflict{(conflicts.Count == 1 ? "" : "s")}: {said}",
            new JsonObject
            {
                ["causes"] = new JsonArray([.. conflicts.Select(c =>
                    new JsonObject { ["reason"] = "FieldManagerConflict", ["message"] = $"conflict with {c.Who}", ["field"] = c.Path })]),
            });
    }

    private static void Overlay(ApiKind kind, JsonObject target, JsonObject applied, FieldSet fields)
    {
        foreach (var path in fields.Paths)
        {
            // An empty map says that there is one, not that nothing is in it.
            if (!AreMaps(FieldPaths.Find(applied, path), FieldPaths.Find(target, path)))
                FieldPaths.Put(target, path, FieldPaths.Find(applied, path)?.DeepClone());
        }
    }

    private static bool AreMaps(JsonNode? one, JsonNode? other) => one is JsonObject && other is JsonObject;

    private static bool IsServers(string[] path) =>
        path is ["f:apiVersion"] or ["f:kind"] || path is ["f:metadata", ['f', ':', .. var name], ..] && GivenByServer.Contains(name);

    /// <summary>An apply of the object leaves the status out; one of the status the rest, but for a built-in kind's metadata.</summary>
    private static bool IsIgnored(ApiKind kind, string[] path, string? subresource) => subresource == "status"
        ? path[0] != "f:status" && (kind.IsCustom || path[0] != "f:metadata")
        : kind.HasStatus && path[0] == "f:status";

    private static IEnumerable<Entry> Entries(JsonObject value) =>
        (Meta.Of(value)?["managedFields"] as JsonArray ?? []).OfType<JsonObject>().Select(entry => new Entry(
            entry["manager"]?.ToString() ?? "", entry["operation"]?.ToString() ?? "", entry["subresource"]?.ToString(),
            FieldSet.Parse(entry["fieldsV1"] as JsonObject ?? []), entry["time"]?.ToString()));

    private sealed record Entry(string Manager, string Operation, string? Subresource, FieldSet Fields, string? Time)
    {
        public bool Is(string manager, string operation, string? subresource) =>
            Manager == manager && Operation == operation && Subresource == subresource;

        /// <summary>As conflicts name it.</summary>
        public string ShownIn(ApiKind kind) => Operation == "Apply" ? $"\"{Manager}\"" : $"\"{Manager}\" using {kind.ApiVersion}";

        public JsonObject ToJson(ApiKind kind)
        {
            var json = new JsonObject
            {
                ["manager"] = Manager, ["operation"] = Operation, ["apiVersion"] = kind.ApiVersion, ["time"] = Time,
                ["fieldsType"] = "FieldsV1", ["fieldsV1"] = Fields.ToJson(),
            };
            if (Subresource is not null)
                json["subresource"] = Subresource;
            return json;
        }
    }
}
