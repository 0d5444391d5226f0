using System.Text.Json;

namespace Fabric.Cluster.Kubernetes;

/// <summary>One line of a watch's answer: <c>{"type":"ADDED","object":{…}}</c>.</summary>
internal sealed record WatchLine(string Type, JsonElement Object)
{
    /// <exception cref="KubernetesException">It is an ERROR, or none that is known.</exception>
    public WatchEvent<T> Read<T>(ResourceKind<T> kind, string request)
        where T : class, IApiObject => Type switch
        {
            "ADDED" or "MODIFIED" => new WatchEvent<T>.Put(ObjectOf(kind), Type == "ADDED"),
            "DELETED" => new WatchEvent<T>.Deleted(ObjectOf(kind)),
            "BOOKMARK" => new WatchEvent<T>.Bookmark(
                Object.GetProperty("metadata").GetProperty("resourceVersion").GetString()!),
            "ERROR" => throw Failure(request),
            _ => throw new KubernetesException(request, ApiFault.Unreachable, $"a watch event of type '{Type}' is not known", true),
        };

    private T ObjectOf<T>(ResourceKind<T> kind)
        where T : class, IApiObject => Object.Deserialize(kind.Json) ?? throw new JsonException("the object is null");

    private KubernetesException Failure(string request)
    {
        var status = ApiStatus.Parse(System.Text.Encoding.UTF8.GetBytes(Object.GetRawText()));
        return new KubernetesException(
            request, status.FaultFor((System.Net.HttpStatusCode)status.Code), status.Message ?? "the watch failed", isSurelyUndone: true);
    }
}
