using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>The kinds that are served without a CRD, with what kube-apiserver's strategies and default admission do to them.</summary>
public static class BuiltInKinds
{
    private const int MaxConfigMapBytes = 1_048_576;

    public static ApiKind Namespaces { get; } = new("", "v1", "Namespace", "namespaces", false, true)
    {
        ShortNames = ["ns"], SelectableFields = ["status.phase"], Prepare = PrepareNamespace,
    };

    public static ApiKind Nodes { get; } = new("", "v1", "Node", "nodes", false, true)
    {
        ShortNames = ["no"], SelectableFields = ["spec.unschedulable"], Columns = BuiltInColumns.Nodes, Prepare = PrepareNode,
        Default = DefaultNode, Validate = NodeFaults,
    };

    public static ApiKind Pods { get; } = new("", "v1", "Pod", "pods", true, true)
    {
        ShortNames = ["po"], Categories = ["all"], Columns = BuiltInColumns.Pods,
        SelectableFields = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP"],
        Prepare = PreparePod,
    };

    public static ApiKind Events { get; } = new("", "v1", "Event", "events", true, false)
    {
        ShortNames = ["ev"], IsCreatedByUpdate = true, Columns = BuiltInColumns.Events, Validate = EventFaults,
        SelectableFields = ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
    };

    public static ApiKind ConfigMaps { get; } = new("", "v1", "ConfigMap", "configmaps", true, false)
    {
        ShortNames = ["cm"], Validate = ConfigMapFaults,
    };

    public static ApiKind ServiceAccounts { get; } = new("", "v1", "ServiceAccount", "serviceaccounts", true, false) { ShortNames = ["sa"] };

    public static ApiKind Leases { get; } = new("coordination.k8s.io", "v1", "Lease", "leases", true, false)
    {
        IsCreatedByUpdate = true, NeedsVersionToUpdate = true, Columns = BuiltInColumns.Leases, Validate = LeaseFaults,
    };

    public static ApiKind CustomResourceDefinitions { get; } =
        new("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, true)
        {
            ShortNames = ["crd", "crds"], Categories = ["api-extensions"], HasGeneration = true, NeedsVersionToUpdate = true,
            Columns = BuiltInColumns.CustomResourceDefinitions, Prepare = CustomKinds.Establish, Validate = CustomKinds.Faults,
        };

    public static ImmutableArray<ApiKind> All { get; } =
        [Namespaces, Nodes, Pods, Events, ConfigMaps, ServiceAccounts, Leases, CustomResourceDefinitions];

    private static void PrepareNamespace(JsonObject made)
    {
        if (Meta.Of(made)?["labels"] is not JsonObject labels)
            Meta.Set(made, "labels", labels = []);
        labels["kubernetes.io/metadata.name"] = Meta.Name(made);
        made["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
        made["status"] = new JsonObject { ["phase"] = "Active" };
    }

    /// <summary>Admission (TaintNodesByCondition) keeps pods away until the node lifecycle controller has seen it ready.</summary>
    private static void PrepareNode(JsonObject made)
    {
        if (made["spec"] is not JsonObject spec)
            made["spec"] = spec = [];
        if (spec["taints"] is not JsonArray taints)
            spec["taints"] = taints = [];
        if (!taints.Any(t => t?["key"]?.ToString() == "node.kubernetes.io/not-ready"))
            taints.Add(new JsonObject { ["key"] = "node.kubernetes.io/not-ready", ["effect"] = "NoSchedule" });
    }

    /// <summary>What is allocatable is the capacity until somebody says otherwise; later capacity is not added to it.</summary>
    private static void DefaultNode(JsonObject node)
    {
        if (node["status"] is JsonObject status && status["capacity"] is JsonObject capacity && status["allocatable"] is null)
            status["allocatable"] = capacity.DeepClone();
    }

    private static void PreparePod(JsonObject made) =>
        made["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };

    private static IEnumerable<FieldFault> NodeFaults(JsonObject node)
    {
        if (Meta.At(node, "spec.podCIDRs") is JsonArray { Count: > 2 })
            yield return FieldFault.Invalid("spec.podCIDRs", "list", "must specify no more than one CIDR for each IP family");
        foreach (var (i, taint) in (Meta.At(node, "spec.taints") as JsonArray ?? []).Index())
        {
            if (taint?["key"] is null)
                yield return FieldFault.Required($"spec.taints[{i}].key");
            if (taint?["effect"]?.ToString() is not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
                yield return new FieldFault("FieldValueNotSupported", $"Unsupported value: \"{taint?["effect"]}\"", $"spec.taints[{i}].effect");
        }
    }

    private static IEnumerable<FieldFault> EventFaults(JsonObject made)
    {
        var about = Meta.At(made, "involvedObject.namespace")?.ToString() ?? "";
        // Events about what has no namespace are kept in the default one.
        if (about != Meta.Text(made, "namespace") && !(about.Length == 0 && Meta.Text(made, "namespace") == "default"))
            yield return FieldFault.Invalid("involvedObject.namespace", $"\"{about}\"", "does not match event.namespace");
    }

    private static IEnumerable<FieldFault> ConfigMapFaults(JsonObject map)
    {
        var size = 0;
        foreach (var (key, value) in map["data"] as JsonObject ?? [])
        {
            if (value is not JsonValue v || !v.TryGetValue(out string? text))
            {
                throw ApiStatusException.BadRequest("ConfigMap in version \"v1\" cannot be handled as a ConfigMap: "
                    + $"data.{key} is no string");
            }
            size += Encoding.UTF8.GetByteCount(text);
        }
        if (size > MaxConfigMapBytes)
            yield return new FieldFault("FieldValueTooLong", $"Too long: must have at most {MaxConfigMapBytes} bytes", "[]");
    }

    private static IEnumerable<FieldFault> LeaseFaults(JsonObject lease)
    {
        foreach (var field in (string[])["acquireTime", "renewTime"])
        {
            if (Meta.At(lease, $"spec.{field}")?.ToString() is { } text && !IsMicroTime(text))
            {
                throw ApiStatusException.BadRequest("Lease in version \"v1\" cannot be handled as a Lease: "
                    + $"parsing time \"{text}\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse it");
            }
        }
        foreach (var (field, least, rule) in (ReadOnlySpan<(string, int, string)>)
            [("leaseDurationSeconds", 1, "must be greater than 0"), ("leaseTransitions", 0, "must be greater than or equal to 0")])
        {
            if (Meta.At(lease, $"spec.{field}") is not { } number)
                continue;
            if (number.GetValueKind() != JsonValueKind.Number
                || !int.TryParse(number.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n))
                throw ApiStatusException.BadRequest($"Lease in version \"v1\" cannot be handled as a Lease: spec.{field} is no int32");
            if (n < least)
                return [FieldFault.Invalid($"spec.{field}", number.ToString(), rule)];
        }
        return [];
    }

    /// <summary>Exactly six digits of a second's fraction; kube-apiserver refuses fewer and more.</summary>
    private static bool IsMicroTime(string text) =>
        DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss.ffffffK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);
}
