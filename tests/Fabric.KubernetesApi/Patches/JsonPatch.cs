using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>RFC 6902: operations in order, all or none.</summary>
/// <remarks>
/// As kube-apiserver does it: any operation that cannot be carried out, a failing test too, is 422 with no word on which; and
/// what the RFC calls errors is none: a replace of what is not there adds it, and a copy of it is null.
/// </remarks>
internal static class JsonPatch
{
    // kube-apiserver's own limit, against patches that copy without end.
    private const int MostOperations = 10_000;

    public static JsonObject Apply(JsonObject target, JsonArray operations)
    {
        if (operations.Count > MostOperations)
        {
            throw new ApiStatusException(413, "RequestEntityTooLarge",
                $"The allowed maximum operations in a JSON patch is {MostOperations}, got {operations.Count}");
        }
        foreach (var operation in operations)
        {
            if (operation is not JsonObject step)
                throw ApiStatusException.BadRequest("error decoding patch: an operation is no object");
            Step(target, step);
        }
        return target;
    }

    private static void Step(JsonObject target, JsonObject step)
    {
        var path = Pointer(step["path"]);
        switch (step["op"]?.ToString())
        {
            case "add" when step.ContainsKey("value"):
                Put(target, path, step["value"]?.DeepClone(), isInsertion: true);
                break;
            case "replace" when step.ContainsKey("value"):
                Put(target, path, step["value"]?.DeepClone(), isInsertion: false);
                break;
            case "remove":
                Take(target, path);
                break;
            case "move":
                Put(target, path, Take(target, Pointer(step["from"])), isInsertion: true);
                break;
            case "copy":
                Put(target, path, FindOrNull(target, Pointer(step["from"]))?.DeepClone(), isInsertion: true);
                break;
            case "test" when JsonNode.DeepEquals(FindOrNull(target, path), step["value"]):
                break;
            default:
                throw Refused();
        }
    }

    private static string[] Pointer(JsonNode? text)
    {
        return text?.ToString() is ['/', .. var rest] ? [.. rest.Split('/').Select(Unescaped)] : throw Refused();

        static string Unescaped(string part) => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
    }

    private static void Put(JsonObject target, string[] path, JsonNode? value, bool isInsertion)
    {
        switch (Find(target, path[..^1]))
        {
            case JsonObject map:
                map[path[^1]] = value;
                break;
            case JsonArray list when path[^1] == "-" && isInsertion:
                list.Add(value);
                break;
            case JsonArray list when isInsertion:
                list.Insert(Index(path[^1], list.Count), value);
                break;
            case JsonArray list:
                list[Index(path[^1], list.Count - 1)] = value;
                break;
            default:
                throw Refused();
        }
    }

    private static JsonNode? Take(JsonObject target, string[] path)
    {
        var taken = Find(target, path);
        if (Find(target, path[..^1]) is JsonObject map)
            map.Remove(path[^1]);
        else
            ((JsonArray)Find(target, path[..^1])!).RemoveAt(Index(path[^1], int.MaxValue));
        return taken;
    }

    private static JsonNode? Find(JsonNode target, string[] path)
    {
        JsonNode? at = target;
        foreach (var part in path)
        {
            at = at switch
            {
                JsonObject map when map.TryGetPropertyValue(part, out var value) => value,
                JsonArray list => list[Index(part, list.Count - 1)],
                _ => throw Refused(),
            };
        }
        return at;
    }

    /// <summary>What is not there is null, so that one can test for absence.</summary>
    private static JsonNode? FindOrNull(JsonObject target, string[] path) =>
        Find(target, path[..^1]) is JsonObject map ? map[path[^1]] : Find(target, path);

    private static int Index(string text, int last) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= last ? index : throw Refused();

    private static ApiStatusException Refused() =>
        new(422, "Invalid", "the server rejected our request due to an error in our request", []);
}
