using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>Finds, reads and writes an object's fields by their paths in FieldsV1.</summary>
internal static class FieldPaths
{
    private static readonly string[] ByType = ["type"];

    /// <summary>All leaves of an object.</summary>
    public static FieldSet Of(ApiKind kind, JsonObject value)
    {
        var set = new FieldSet();
        Walk(set, kind, kind.Schema, value, []);
        return set;
    }

    /// <summary>The leaves that are new or have another value.</summary>
    public static FieldSet Changed(ApiKind kind, JsonObject? before, JsonObject after)
    {
        var changed = Of(kind, after);
        if (before is not null)
        {
            changed.RemoveWhere(path => path[^1].StartsWith("k:", StringComparison.Ordinal)
                ? Find(before, path) is not null
                : JsonNode.DeepEquals(Find(before, path), Find(after, path)));
        }
        return changed;
    }

    public static JsonNode? Find(JsonNode? value, string[] path)
    {
        foreach (var part in path)
        {
            value = part switch
            {
                ['f', ':', .. var name] => (value as JsonObject)?[name],
                _ => Item(value as JsonArray, part),
            };
        }
        return value;
    }

    /// <summary>Puts a leaf, with what it is in; for an item of a list, the item with its keys.</summary>
    public static void Put(JsonObject target, string[] path, JsonNode? content)
    {
        JsonNode at = target;
        foreach (var (i, part) in path.Index())
        {
            if (part is not ['f', ':', .. var name])
            {
                at = Item((JsonArray)at, part) ?? Added((JsonArray)at, part);
                continue;
            }
            var map = (JsonObject)at;
            if (i == path.Length - 1)
                map[name] = content;
            else if (path[i + 1].StartsWith("k:", StringComparison.Ordinal))
                at = map[name] as JsonArray ?? (map[name] = new JsonArray());
            else
                at = map[name] as JsonObject ?? (map[name] = new JsonObject());
        }
    }

    /// <summary>Takes a leaf away, and what is empty without it.</summary>
    public static void Remove(JsonObject target, string[] path)
    {
        for (var length = path.Length; length > 0; length--)
        {
            var parent = Find(target, path[..(length - 1)]);
            if (length < path.Length && Find(target, path[..length]) is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
                return;
            if (parent is JsonObject map)
                map.Remove(path[length - 1][2..]);
            else if (parent is JsonArray list && Item(list, path[length - 1]) is { } item)
                list.Remove(item);
        }
    }

    /// <summary>A field that names the item it is in: it goes with the item alone.</summary>
    public static bool IsKeyOfItem(string[] path) =>
        path is [.., ['k', ':', .. var keys], ['f', ':', .. var name]] && ((JsonObject)JsonNode.Parse(keys)!).ContainsKey(name);

    private static void Walk(FieldSet set, ApiKind kind, StructuralSchema? schema, JsonNode? value, string[] path)
    {
        if (value is JsonObject { Count: > 0 } map && schema?.IsAtomic != true)
        {
            foreach (var (name, inner) in map)
                Walk(set, kind, schema?.Property(name), inner, [.. path, "f:" + name]);
        }
        else if (value is JsonArray list && Keys(kind, schema, path) is { } keys && list.All(item => item is JsonObject))
        {
            foreach (var item in list.Cast<JsonObject>())
            {
                string[] itsPath = [.. path, FieldSet.ItemKey(item, keys)];
                set.Add(itsPath);
                Walk(set, kind, schema?.Items, item, itsPath);
            }
        }
        else if (path.Length > 0)
        {
            set.Add(path);
        }
    }

    /// <summary>Of built-in kinds the conditions and addresses have a key; taints are one value for ownership.</summary>
    private static string[]? Keys(ApiKind kind, StructuralSchema? schema, string[] path) => kind.IsCustom
        ? schema?.ListKeys
        : path is ["f:status", "f:conditions" or "f:addresses"] ? ByType : null;

    private static JsonNode? Item(JsonArray? list, string key)
    {
        var keys = (JsonObject)JsonNode.Parse(key[2..])!;
        return list?.FirstOrDefault(item => item is JsonObject o && keys.All(k => JsonNode.DeepEquals(o[k.Key], k.Value)));
    }

    private static JsonObject Added(JsonArray list, string key)
    {
        var made = (JsonObject)JsonNode.Parse(key[2..])!;
        list.Add(made);
        return made;
    }
}
