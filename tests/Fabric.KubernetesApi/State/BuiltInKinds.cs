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
        ShortNames = ["ns"], Fields = ["spec", "status"], SelectableFields = ["status.phase"], Prepare = PrepareNamespace,
    };

    public static ApiKind Nodes { get; } = new("", "v1", "Node", "nodes", false, true)
    {
        ShortNames = ["no"], Fields = ["spec", "status"], SelectableFields = ["spec.unschedulable"], Columns = BuiltInColumns.Nodes,
        Prepare = PrepareNode, Default = DefaultNode, Validate = NodeFaults,
    };

    public static ApiKind Pods { get; } = new("", "v1", "Pod", "pods", true, true)
    {
        ShortNames = ["po"], Fields = ["spec", "status"], Categories = ["all"], Columns = BuiltInColumns.Pods,
        SelectableFields =
        [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP",
        ],
        Prepare = PreparePod,
    };

    public static ApiKind Events { get; } = new("", "v1", "Event", "events", true, false)
    {
        ShortNames = ["ev"], IsCreatedByUpdate = true, Columns = BuiltInColumns.Events, Validate = EventFaults,
        SelectableFields =
        [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
            "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        ],
    };

    public static ApiKind ConfigMaps { get; } = new("", "v1", "ConfigMap", "configmaps", true, false)
    {
        ShortNames = ["cm"], Fields = ["data", "binaryData", "immutable"], Default = DefaultConfigMap,
        Decode = ReadConfigMap, Validate = ConfigMapFaults,
    };

    public static ApiKind ServiceAccounts { get; } = new("", "v1", "ServiceAccount", "serviceaccounts", true, false)
    {
        ShortNames = ["sa"], Fields = ["secrets", "imagePullSecrets", "automountServiceAccountToken"],
    };

    public static ApiKind Leases { get; } = new("coordination.k8s.io", "v1", "Lease", "leases", true, false)
    {
        IsCreatedByUpdate = true, NeedsVersionToUpdate = true, Fields = ["spec"], Columns = BuiltInColumns.Leases,
        Default = DefaultLease, Decode = ReadLease, Validate = LeaseFaults,
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
        // Empty values are not stored, as the API's types leave them out.
        foreach (var part in new[] { node["spec"], node["status"] }.OfType<JsonObject>())
        {
            foreach (var (field, value) in part.ToList())
            {
                if (value is JsonArray { Count: 0 } or JsonObject { Count: 0 } || value?.GetValueKind() == JsonValueKind.False)
                    part.Remove(field);
            }
        }
        if (node["status"] is JsonObject status && status["capacity"] is JsonObject capacity && status["allocatable"] is null)
            status["allocatable"] = capacity.DeepClone();
    }

    private static void DefaultConfigMap(JsonObject map)
    {
        foreach (var field in (string[])["data", "binaryData"])
        {
            if (map[field] is JsonObject { Count: 0 })
                map.Remove(field);
        }
    }

    private static void DefaultLease(JsonObject lease)
    {
        if (lease["spec"] is not JsonObject spec)
            lease["spec"] = spec = [];
        string[] known = ["holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions"];
        foreach (var unknown in spec.Select(pair => pair.Key).Except(known).ToList())
            spec.Remove(unknown);
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
            {
                yield return new FieldFault(
                    "FieldValueNotSupported", $"Unsupported value: \"{taint?["effect"]}\"", $"spec.taints[{i}].effect");
            }
        }
    }

    private static IEnumerable<FieldFault> EventFaults(JsonObject made)
    {
        var about = Meta.At(made, "involvedObject.namespace")?.ToString() ?? "";
        // Events about what has no namespace are kept in the default one.
        if (about != Meta.Text(made, "namespace") && !(about.Length == 0 && Meta.Text(made, "namespace") == "default"))
            yield return FieldFault.Invalid("involvedObject.namespace", $"\"{about}\"", "does not match event.namespace");
    }

    private static void ReadConfigMap(JsonObject map)
    {
        foreach (var (key, value) in map["data"] as JsonObject ?? [])
        {
            if (value is not null && value.GetValueKind() != JsonValueKind.String)
                throw new FormatException($"data.{key} is no string");
        }
    }

    private static IEnumerable<FieldFault> ConfigMapFaults(JsonObject map)
    {
        var size = (map["data"] as JsonObject ?? []).Sum(pair => Encoding.UTF8.GetByteCount(pair.Value?.ToString() ?? ""));
        if (size > MaxConfigMapBytes)
            yield return new FieldFault("FieldValueTooLong", $"Too long: must have at most {MaxConfigMapBytes} bytes", "[]");
    }

    private static void ReadLease(JsonObject lease)
    {
        foreach (var field in (string[])["acquireTime", "renewTime"])
        {
            if (Meta.At(lease, $"spec.{field}")?.ToString() is { } text && !IsMicroTime(text))
                throw new FormatException($"parsing time \"{text}\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse it");
        }
        foreach (var field in (string[])["leaseDurationSeconds", "leaseTransitions"])
        {
            if (Meta.At(lease, $"spec.{field}") is { } number && (number.GetValueKind() != JsonValueKind.Number
                || !int.TryParse(number.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
                throw new FormatException($"spec.{field} is no int32");
        }
    }

    private static IEnumerable<FieldFault> LeaseFaults(JsonObject lease)
    {
        if (Meta.At(lease, "spec.leaseDurationSeconds") is { } duration && Number(duration) <= 0)
            yield return FieldFault.Invalid("spec.leaseDurationSeconds", duration.ToString(), "must be greater than 0");
        if (Meta.At(lease, "spec.leaseTransitions") is { } transitions && Number(transitions) < 0)
            yield return FieldFault.Invalid("spec.leaseTransitions", transitions.ToString(), "must be greater than or equal to 0");
    }

    private static int Number(JsonNode number) => int.Parse(number.ToString(), CultureInfo.InvariantCulture);

    /// <summary>Exactly six digits of a second's fraction; kube-apiserver refuses fewer and more.</summary>
    private static bool IsMicroTime(string text) =>
        DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss.ffffffK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);
}
