using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Fabric.KubernetesApi;

/// <summary>The query parameters of the API (ListOptions, PatchOptions and their kind), read strictly.</summary>
internal sealed class RequestQuery(IQueryCollection query, string agent = "unknown")
{
    public bool IsWatch => Flag("watch");

    public bool WantsBookmarks => Flag("allowWatchBookmarks");

    /// <summary>How long a watch lasts; null: the server decides.</summary>
    public TimeSpan? Timeout => Number("timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Of a table's rows: None, Metadata or Object.</summary>
    public string IncludeObject => Text("includeObject") ?? "Metadata";

    public long? GracePeriodSeconds => query.ContainsKey("gracePeriodSeconds") ? Number("gracePeriodSeconds") : null;

    public bool IsDryRun => Text("dryRun") switch
    {
        null => false,
        "All" => true,
        var other => throw new ApiStatusException(422, "Invalid", $"dryRun: Unsupported value: \"{other}\": supported values: \"All\""),
    };

    public WriteOptions Writer => new(Text("fieldManager") ?? agent, Flag("force"), IsDryRun);

    public bool HasFieldManager => Text("fieldManager") is not null;

    public RequestQuery WithAgent(string name) => new(query, name.Length == 0 ? "unknown" : name);

    public ListOptions List(string? ns) => new(
        ns, Text("labelSelector"), Text("fieldSelector"), (int)Number("limit"), Text("continue"), Text("resourceVersion"),
        Text("resourceVersionMatch") == "Exact");

    private string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;

    private bool Flag(string name) => Text(name) is "true" or "1" or "True" or "TRUE";

    private long Number(string name) => Text(name) is not { } text ? 0
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw ApiStatusException.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
}
