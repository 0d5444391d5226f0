using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>
/// The API's own merge of built-in kinds: as RFC 7396, but lists whose items have a key are merged by it, and <c>$patch</c> says
/// <c>delete</c> or <c>replace</c>.
/// </summary>
/// <remarks>Left out: $setElementOrder (ignored), $deleteFromPrimitiveList and $retainKeys.</remarks>
internal static class StrategicMerge
{
    /// <summary>The merge key of the lists of built-in kinds that are here (patchMergeKey in the API's types). Taints have none.</summary>
    private static readonly SortedDictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["addresses"] = "type",
        ["conditions"] = "type",
        ["containers"] = "name",
        ["env"] = "name",
        ["initContainers"] = "name",
        ["ownerReferences"] = "uid",
        ["podIPs"] = "ip",
        ["secrets"] = "name",
        ["volumes"] = "name",
    };

    public static void Apply(JsonObject target, JsonObject patch)
    {
        if (patch["$patch"]?.ToString() == "replace")
            target.Clear();
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith('$'))
                continue;
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject inner when inner["$patch"]?.ToString() == "delete":
                    target.Remove(name);
                    break;
                case JsonObject inner:
                    if (target[name] is not JsonObject there)
                        target[name] = there = [];
                    Apply(there, inner);
                    break;
                case JsonArray list when Keys.TryGetValue(name, out var key):
                    MergeList(target, name, list, key);
                    break;
                case JsonArray list when name == "finalizers" && target[name] is JsonArray finalizers:
                    foreach (var added in list.Where(item => !finalizers.Any(f => JsonNode.DeepEquals(f, item))).ToList())
                        finalizers.Add(added?.DeepClone());
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }

    private static void MergeList(JsonObject target, string name, JsonArray patch, string key)
    {
        var items = patch.OfType<JsonObject>().ToList();
        var isReplaced = items.Exists(item => item["$patch"]?.ToString() == "replace" && item[key] is null);
        var before = isReplaced ? [] : (target[name] as JsonArray ?? []).OfType<JsonObject>().ToList();
        // Where there is no list yet, kube-apiserver takes the patch's for it, and an item to delete becomes one.
        var deletes = isReplaced || target[name] is JsonArray;
        List<JsonObject> patched = [];
        foreach (var item in items.Where(item => item[key] is not null && !(deletes && item["$patch"]?.ToString() == "delete")))
        {
            var made = (JsonObject?)before.Find(there => HasSameKey(there, item))?.DeepClone() ?? [];
            Apply(made, item);
            patched.Add(made);
        }
        var rest = before.Where(there => !items.Exists(item => HasSameKey(there, item))).Select(there => (JsonObject)there.DeepClone());
        target[name] = Json.ListOf(Merged(new Queue<JsonObject>(rest), new Queue<JsonObject>(patched)));

        bool HasSameKey(JsonObject one, JsonObject other) => JsonNode.DeepEquals(one[key], other[key]);

        // kube-apiserver's order: what is patched in the patch's order, and an item that is not before the one that came after it.
        IEnumerable<JsonObject> Merged(Queue<JsonObject> untouched, Queue<JsonObject> changed)
        {
            while (untouched.Count + changed.Count > 0)
            {
                var isUntouched = changed.Count == 0 || untouched.Count > 0 && Place(changed.Peek()) > Place(untouched.Peek());
                yield return (isUntouched ? untouched : changed).Dequeue();
            }
        }

        int Place(JsonObject item) => before.FindIndex(there => HasSameKey(there, item));
    }
}
