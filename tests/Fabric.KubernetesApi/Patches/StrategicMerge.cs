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
        if (target[name] is not JsonArray list || items.Exists(item => item["$patch"]?.ToString() == "replace" && item[key] is null))
            target[name] = list = [];
        var added = 0;
        foreach (var item in items.Where(item => item[key] is not null))
        {
            var there = list.FirstOrDefault(other => JsonNode.DeepEquals(other?[key], item[key]));
            if (item["$patch"]?.ToString() == "delete")
            {
                if (there is not null)
                    list.Remove(there);
            }
            else if (there is JsonObject found)
            {
                Apply(found, item);
            }
            else
            {
                // kube-apiserver puts new items before those that were there.
                var made = new JsonObject();
                Apply(made, item);
                list.Insert(added++, made);
            }
        }
    }
}
