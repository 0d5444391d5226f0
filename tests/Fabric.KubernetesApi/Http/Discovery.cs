using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>The documents from which clients learn what is served.</summary>
internal static class Discovery
{
    private static readonly string[] CollectionVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>Null: the path is no such document, or of a group that is not served.</summary>
    public static JsonObject? Document(ApiState state, string[] path, string host)
    {
        var groups = state.Kinds.Where(kind => kind.Group.Length > 0).GroupBy(kind => kind.Group).ToList();
        return path switch
        {
            ["version"] => new JsonObject
            {
                // What kubectl compares with its own; the contract was compared with this one.
                ["major"] = "1", ["minor"] = "26", ["gitVersion"] = "v1.26.0+fabric", ["platform"] = "linux/amd64",
            },
            ["api"] => new JsonObject
            {
                ["kind"] = "APIVersions",
                ["versions"] = new JsonArray("v1"),
                ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = host }),
            },
            ["apis"] => new JsonObject
            {
                ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = Json.ListOf(groups.Select(group => Group(group.Key, group))),
            },
            ["apis", var name] when groups.Find(group => group.Key == name) is { } group => Group(name, group, "APIGroup"),
            ["api", var version] => Resources(state.Kinds.Where(kind => kind.Group.Length == 0 && kind.Version == version).ToList()),
            ["apis", var name, var version] => Resources(state.Kinds.Where(kind => kind.Group == name && kind.Version == version).ToList()),
            _ => null,
        };
    }

    private static JsonObject Group(string name, IEnumerable<ApiKind> kinds, string? documentKind = null)
    {
        var versions = kinds.Select(kind => kind.Version).Distinct().Select(version =>
            new JsonObject { ["groupVersion"] = $"{name}/{version}", ["version"] = version }).ToList();
        var group = new JsonObject
        {
            ["name"] = name, ["versions"] = Json.ListOf(versions), ["preferredVersion"] = versions[0].DeepClone(),
        };
        if (documentKind is not null)
            (group["kind"], group["apiVersion"]) = (documentKind, "v1");
        return group;
    }

    private static JsonObject? Resources(List<ApiKind> kinds) => kinds.Count == 0 ? null : new JsonObject
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = kinds[0].ApiVersion,
        ["resources"] = Json.ListOf(kinds.SelectMany(Resource)),
    };

    private static IEnumerable<JsonObject> Resource(ApiKind kind)
    {
        var resource = new JsonObject
        {
            ["name"] = kind.Plural, ["singularName"] = kind.Singular, ["namespaced"] = kind.IsNamespaced, ["kind"] = kind.Kind,
            ["verbs"] = Texts(CollectionVerbs),
        };
        if (kind.ShortNames.Length > 0)
            resource["shortNames"] = Texts(kind.ShortNames);
        if (kind.Categories.Length > 0)
            resource["categories"] = Texts(kind.Categories);
        yield return resource;
        if (kind.HasStatus)
        {
            yield return new JsonObject
            {
                ["name"] = $"{kind.Plural}/status", ["singularName"] = "", ["namespaced"] = kind.IsNamespaced, ["kind"] = kind.Kind,
                ["verbs"] = Texts(["get", "patch", "update"]),
            };
        }
    }

    private static JsonArray Texts(IEnumerable<string> texts) => Json.ListOf(texts.Select(text => (JsonNode?)text));
}
