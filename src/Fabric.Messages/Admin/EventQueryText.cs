using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Fabric.Messages;

/// <summary>An <see cref="EventQuery"/> as URL parameters, both ways.</summary>
public static class EventQueryText
{
    private static readonly ImmutableArray<string> BoundForms =
        ["a duration: 90s, 10m, 2h, 1d", "RFC 3339: 2026-05-04T03:02:01Z", "an ordering: #1234 (%23 in a URL)"];

    /// <summary>Reads decoded parameters.</summary>
    /// <param name="now">What a duration is counted back from.</param>
    /// <returns>A query, or what is wrong with which parameter; never both.</returns>
    public static (EventQuery? Query, AdminError? Error) Parse(
        IEnumerable<KeyValuePair<string, string>> parameters, DateTimeOffset now)
    {
        var query = new EventQuery();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            if (!seen.Add(name))
                return (null, new AdminError($"parameter '{name}' is given twice", name, value, ["once"]));
            if (Apply(query, name, value, now, out var allowed) is not { } next)
                return (null, Wrong(name, value, allowed));
            query = next;
        }
        return query is { Follow: true, Until: not null }
            ? (null, new AdminError("'until' has no meaning with follow=true", "until", query.Until.ToString(), ["leave it out"]))
            : (query, null);
    }

    /// <summary>The query as it stands behind a path: empty, or <c>?name=value&amp;…</c>.</summary>
    public static string Format(EventQuery query)
    {
        var text = new StringBuilder();
        Append(text, "pod", query.Pod);
        Append(text, "container", query.Container);
        Append(text, "node", query.Node?.Value);
        Append(text, "entity", query.Entity?.Value);
        Append(text, "correlation", query.Correlation?.Value);
        Append(text, "kind", query.Kind);
        Append(text, "since", query.Since?.ToString());
        Append(text, "until", query.Until?.ToString());
        Append(text, "limit", query.Limit == EventQuery.DefaultLimit ? null : query.Limit.ToString(CultureInfo.InvariantCulture));
        Append(text, "follow", query.Follow ? "true" : null);
        Append(text, "payload", query.Payload ? "true" : null);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, string? value)
    {
        if (value is not null)
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    private static AdminError Wrong(string name, string value, ImmutableArray<string> allowed) =>
        EventQuery.Parameters.Contains(name)
            ? new AdminError($"'{value}' is not a value of '{name}'; allowed: {string.Join("; ", allowed)}", name, value, allowed)
            : new AdminError($"there is no parameter '{name}'; there are {string.Join(", ", allowed)}", name, value, allowed);

    private static EventQuery? Apply(
        EventQuery query, string name, string value, DateTimeOffset now, out ImmutableArray<string> allowed)
    {
        switch (name)
        {
            case "pod":
                allowed = ["NAMESPACE/NAME"];
                return IsPod(value) ? query with { Pod = value } : null;
            case "container":
                allowed = ["a container id, or its first 4 characters or more"];
                return value.Length >= 4 && ContainerId.Fault(value) is null ? query with { Container = value } : null;
            case "node":
                allowed = ["a node's name"];
                return NodeName.Fault(value) is null ? query with { Node = new NodeName(value) } : null;
            case "entity":
                allowed = ["a persistence id: KIND/KEY, for example tunnel/node-b"];
                return PersistenceId.TryParse(value, null, out var id) ? query with { Entity = id } : null;
            case "correlation":
                allowed = ["a correlation id"];
                return value.Length > 0 ? query with { Correlation = new CorrelationId(value) } : null;
            case "kind":
                allowed = [.. EventQuery.StreamKinds, .. NodeEvents.Catalog.Manifests.Select(m => m[..m.IndexOf('/')]).Distinct()];
                return allowed.Contains(value) ? query with { Kind = value } : null;
            case "since":
                allowed = BoundForms;
                return EventBound.TryParse(value, now, out var since) ? query with { Since = since } : null;
            case "until":
                allowed = BoundForms;
                return EventBound.TryParse(value, now, out var until) ? query with { Until = until } : null;
            case "limit":
                allowed = [$"1 to {EventQuery.MaxLimit}"];
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                    && limit is >= 1 and <= EventQuery.MaxLimit ? query with { Limit = limit } : null;
            case "follow" or "payload":
                allowed = ["true", "false"];
                if (value is not ("true" or "false"))
                    return null;
                return name == "follow" ? query with { Follow = value == "true" } : query with { Payload = value == "true" };
            default:
                allowed = EventQuery.Parameters;
                return null;
        }
    }

    private static bool IsPod(string text)
    {
        var slash = text.IndexOf('/');
        return slash > 0 && slash < text.Length - 1 && text.IndexOf('/', slash + 1) < 0;
    }
}
