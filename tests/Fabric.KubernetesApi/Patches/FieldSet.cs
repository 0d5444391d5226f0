using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>Fields of an object by their paths, as <c>managedFields</c> has them (FieldsV1).</summary>
/// <remarks>
/// Only leaves are in it: values that are no map, empty maps, and lists; of a list whose items have keys, the items' leaves and
/// each item itself.
/// </remarks>
public sealed class FieldSet
{
    private const char Between = '\u0001';

    private readonly SortedSet<string> _paths = new(StringComparer.Ordinal);

    public IEnumerable<string[]> Paths => _paths.Select(path => path.Split(Between));

    public bool IsEmpty => _paths.Count == 0;

    public void Add(IEnumerable<string> path) => _paths.Add(string.Join(Between, path));

    public bool Contains(string[] path) => _paths.Contains(string.Join(Between, path));

    /// <summary>Whether the path is in it, or one of what is in the map or the list there.</summary>
    public bool IsAtOrUnder(string[] path)
    {
        var at = string.Join(Between, path);
        return _paths.Contains(at) || _paths.GetViewBetween(at + Between, at + (char)(Between + 1)).Count > 0;
    }

    public void Remove(FieldSet other) => _paths.ExceptWith(other._paths);

    public void UnionWith(FieldSet other) => _paths.UnionWith(other._paths);

    public void RemoveWhere(Predicate<string[]> match) => _paths.RemoveWhere(path => match(path.Split(Between)));

    public bool SetEquals(FieldSet other) => _paths.SetEquals(other._paths);

    /// <summary>A path as messages have it: <c>.spec.size</c>, <c>.status.conditions[type="Ready"].status</c>.</summary>
    public static string Shown(string[] path) => string.Concat(path.Select(part => part switch
    {
        ['f', ':', .. var name] => "." + name,
        ['k', ':', .. var keys] => $"[{string.Join(',', ((JsonObject)JsonNode.Parse(keys)!).Select(k => $"{k.Key}={k.Value?.ToJsonString()}"))}]",
        _ => "",
    }));

    public static FieldSet Parse(JsonObject fields)
    {
        var set = new FieldSet();
        Walk(fields, []);
        return set;

        void Walk(JsonObject at, string[] path)
        {
            if (path.Length > 0 && (at.Count == 0 || at.ContainsKey(".")))
                set.Add(path);
            foreach (var (name, inner) in at.Where(pair => pair.Key != "."))
                Walk((JsonObject)inner!, [.. path, name]);
        }
    }

    public JsonObject ToJson()
    {
        var root = new JsonObject();
        foreach (var path in Paths)
        {
            var at = root;
            foreach (var part in path)
            {
                if (at[part] is not JsonObject next)
                    at[part] = next = [];
                at = next;
            }
        }
        // An item of a list is there by itself beside its fields.
        foreach (var path in Paths.Where(path => path[^1].StartsWith("k:", StringComparison.Ordinal)))
            ((JsonObject)path.Aggregate((JsonNode)root, (at, part) => at[part]!)).TryAdd(".", new JsonObject());
        return root;
    }

    /// <summary>Of an item of a list with keys: <c>k:{"type":"Ready"}</c>.</summary>
    public static string ItemKey(JsonObject item, string[] keys) =>
        "k:" + new JsonObject(keys.Select(key => KeyValuePair.Create(key, item[key]?.DeepClone()))).ToJsonString(Json.Plain);
}
