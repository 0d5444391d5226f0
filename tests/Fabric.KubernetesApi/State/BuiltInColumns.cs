using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>What <c>kubectl get</c> shows of built-in kinds.</summary>
internal static class BuiltInColumns
{
    // First: the others are made of it.
    private static PrinterColumn Age { get; } =
        new("Age", "string", null, (made, now) => Since(Meta.Text(made, "creationTimestamp") ?? "", now));

    public static ImmutableArray<PrinterColumn> Nodes { get; } =
    [
        new("Status", "string", null, (node, _) => NodeStatus(node)),
        new("Roles", "string", null, (node, _) => Roles(node)),
        Age,
        new("Version", "string", ".status.nodeInfo.kubeletVersion"),
        new("Internal-IP", "string", null, (node, _) => Address(node, "InternalIP"), 1),
        new("External-IP", "string", null, (node, _) => Address(node, "ExternalIP"), 1),
        new("OS-Image", "string", null, (node, _) => Or(node, "status.nodeInfo.osImage", "<unknown>"), 1),
        new("Kernel-Version", "string", null, (node, _) => Or(node, "status.nodeInfo.kernelVersion", "<unknown>"), 1),
        new("Container-Runtime", "string", null, (node, _) => Or(node, "status.nodeInfo.containerRuntimeVersion", "<unknown>"), 1),
    ];

    public static ImmutableArray<PrinterColumn> Pods { get; } =
    [
        new("Ready", "string", null, (pod, _) => $"{Ready(pod)}/{(Meta.At(pod, "spec.containers") as JsonArray)?.Count ?? 0}"),
        new("Status", "string", null, (pod, _) => Meta.IsBeingDeleted(pod) ? "Terminating" : Or(pod, "status.phase", "Pending")),
        new("Restarts", "string", null, (_, _) => "0"),
        Age,
        new("IP", "string", null, (pod, _) => Or(pod, "status.podIP", "<none>"), 1),
        new("Node", "string", null, (pod, _) => Or(pod, "spec.nodeName", "<none>"), 1),
        new("Nominated Node", "string", null, (_, _) => "<none>", 1),
        new("Readiness Gates", "string", null, (_, _) => "<none>", 1),
    ];

    public static ImmutableArray<PrinterColumn> Events { get; } =
    [
        new("Last Seen", "string", null, (made, now) => Since(Or(made, "lastTimestamp", Meta.Text(made, "creationTimestamp") ?? ""), now)),
        new("Type", "string", ".type"),
        new("Reason", "string", ".reason"),
        new("Object", "string", null, (made, _) =>
            $"{Or(made, "involvedObject.kind", "").ToLowerInvariant()}/{Or(made, "involvedObject.name", "")}"),
        new("Message", "string", ".message"),
    ];

    public static ImmutableArray<PrinterColumn> Leases { get; } = [new("Holder", "string", ".spec.holderIdentity"), Age];

    public static ImmutableArray<PrinterColumn> CustomResourceDefinitions { get; } =
        [new("Created At", "date", null, (made, _) => Meta.Text(made, "creationTimestamp") ?? "")];

    /// <summary>How long ago, as kubectl says it: 5s, 3m, 2h, 4d.</summary>
    public static string Since(string time, DateTimeOffset now)
    {
        if (!DateTimeOffset.TryParse(time, System.Globalization.CultureInfo.InvariantCulture, out var then))
            return "<unknown>";
        var age = now - then;
        return age switch
        {
            { TotalSeconds: < 0 } => "0s",
            { TotalSeconds: < 120 } => $"{(int)age.TotalSeconds}s",
            { TotalMinutes: < 180 } => $"{(int)age.TotalMinutes}m",
            { TotalHours: < 48 } => $"{(int)age.TotalHours}h",
            _ => $"{(int)age.TotalDays}d",
        };
    }

    private static string Or(JsonObject value, string path, string otherwise) =>
        Meta.At(value, path)?.ToString() is { Length: > 0 } text ? text : otherwise;

    private static string NodeStatus(JsonObject node)
    {
        var ready = (Meta.At(node, "status.conditions") as JsonArray ?? []).FirstOrDefault(c => c?["type"]?.ToString() == "Ready");
        var status = ready?["status"]?.ToString() switch { "True" => "Ready", null => "Unknown", _ => "NotReady" };
        return Meta.At(node, "spec.unschedulable")?.ToString() == "true" ? status + ",SchedulingDisabled" : status;
    }

    private static string Roles(JsonObject node)
    {
        const string Label = "node-role.kubernetes.io/";
        var roles = (Meta.Of(node)?["labels"] as JsonObject ?? []).Select(label => label.Key)
            .Where(key => key.StartsWith(Label, StringComparison.Ordinal))
            .Select(key => key[Label.Length..]).Order(StringComparer.Ordinal).ToList();
        return roles.Count == 0 ? "<none>" : string.Join(',', roles);
    }

    private static string Address(JsonObject node, string type) =>
        (Meta.At(node, "status.addresses") as JsonArray ?? [])
            .FirstOrDefault(address => address?["type"]?.ToString() == type)?["address"]?.ToString() ?? "<none>";

    private static int Ready(JsonObject pod) =>
        (Meta.At(pod, "status.containerStatuses") as JsonArray ?? []).Count(status => status?["ready"]?.ToString() == "true");
}
