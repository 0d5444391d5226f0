using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>How JSON is read and written here.</summary>
internal static class Json
{
    /// <summary>Escapes no more than JSON must, so that sizes are those of other servers.</summary>
    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A list that may hold nulls.</summary>
    public static JsonArray ListOf(IEnumerable<JsonNode?> items)
    {
        var list = new JsonArray();
        foreach (var item in items)
            list.Add(item);
        return list;
    }
}
