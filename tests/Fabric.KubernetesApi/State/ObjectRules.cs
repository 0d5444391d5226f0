using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fabric.KubernetesApi;

/// <summary>What holds for objects of all kinds when they are written.</summary>
internal static partial class ObjectRules
{
    private const string NameRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
        + "and must start and end with an alphanumeric character";

    private const string LabelRule = "must consist of alphanumeric characters, '-', '_' or '.'";

    /// <summary>Metadata that no writer changes.</summary>
    public static IReadOnlyList<string> GivenByServer { get; } =
    [
        "uid", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink",
    ];

    /// <summary>The body is of the kind, namespace and name that the request's path says.</summary>
    public static void CheckRequest(ApiKind kind, string? ns, string? name, JsonObject value)
    {
        if (value["metadata"] is not (null or JsonObject))
            throw ApiStatusException.BadRequest("metadata must be an object");
        var version = value["apiVersion"]?.ToString();
        var itsKind = value["kind"]?.ToString();
        if (kind.IsCustom && (string.IsNullOrEmpty(version) || string.IsNullOrEmpty(itsKind)))
        {
            throw ApiStatusException.BadRequest(
                $"the object provided is unrecognized (must be of type {kind.Kind}): apiVersion or kind is missing");
        }
        if (!string.IsNullOrEmpty(version) && version != kind.ApiVersion)
        {
            throw ApiStatusException.BadRequest(
                $"the API version in the data ({version}) does not match the expected API version ({kind.ApiVersion})");
        }
        if (!string.IsNullOrEmpty(itsKind) && itsKind != kind.Kind)
        {
            throw ApiStatusException.Invalid(
                kind, Meta.Name(value), [FieldFault.Invalid("kind", $"\"{itsKind}\"", $"must be {kind.Kind}")]);
        }
        if (Meta.Text(value, "namespace") is { Length: > 0 } its && its != (ns ?? ""))
            throw ApiStatusException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        if (name is not null && Meta.Name(value) != name)
            throw ApiStatusException.BadRequest($"the name of the object ({Meta.Name(value)}) does not match the name on the URL ({name})");
    }

    /// <summary>The body can be read as the kind's type at all.</summary>
    /// <param name="refusal">What this request makes of it if not.</param>
    public static void CheckReadable(ApiKind kind, JsonObject value, Func<string, ApiStatusException> refusal)
    {
        try
        {
            kind.Decode?.Invoke(value);
        }
        catch (FormatException exception)
        {
            throw refusal($"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: {exception.Message}");
        }
    }

    public static ApiStatusException VersionMissing(ApiKind kind, string name) =>
        ApiStatusException.Invalid(kind with { Kind = kind.Plural }, name,
            [FieldFault.Invalid("metadata.resourceVersion", "0x0", "must be specified for an update")]);

    /// <summary>Takes away what the kind does not know, and gives what it has by default.</summary>
    /// <param name="isApplied">Nulls of an apply stay, and are judged: only what is decoded as a whole loses them.</param>
    public static void Complete(ApiKind kind, JsonObject value, bool isApplied)
    {
        value["apiVersion"] = kind.ApiVersion;
        value["kind"] = kind.Kind;
        kind.Schema?.PruneAndDefault(value, isApplied);
        if (kind.Fields.Length > 0)
        {
            foreach (var unknown in value.Select(pair => pair.Key).Except(["apiVersion", "kind", "metadata", .. kind.Fields]).ToList())
                value.Remove(unknown);
        }
        if (!kind.IsCustom || kind.Schema is null)
            DropNulls(value);
        else if (Meta.Of(value) is { } meta)
            DropNulls(meta);
        foreach (var map in (string[])["labels", "annotations", "finalizers", "ownerReferences"])
        {
            if (Meta.Of(value)?[map] is JsonObject { Count: 0 } or JsonArray { Count: 0 })
                Meta.Set(value, map, null);
        }
        kind.Default?.Invoke(value);
    }

    public static void Validate(ApiKind kind, string name, JsonObject value, JsonObject? before)
    {
        List<FieldFault> faults = [];
        if (name.Length == 0)
            faults.Add(FieldFault.Required("metadata.name", "name or generateName is required"));
        else if (name.Length > 253 || !Subdomain().IsMatch(name))
            faults.Add(FieldFault.Invalid("metadata.name", $"\"{name}\"", NameRule));
        foreach (var (label, content) in Meta.Of(value)?["labels"] as JsonObject ?? [])
        {
            if (!QualifiedName().IsMatch(label))
                faults.Add(FieldFault.Invalid("metadata.labels", $"\"{label}\"", "name part " + LabelRule));
            if (content is not JsonValue text || !text.TryGetValue(out string? its))
                throw ApiStatusException.BadRequest($"{kind.Kind} cannot be handled: metadata.labels.{label} is no string");
            if (!LabelValue().IsMatch(its))
                faults.Add(FieldFault.Invalid("metadata.labels", $"\"{its}\"", "a valid label must be an empty string or " + LabelRule));
        }
        if (kind.Schema is { } schema)
            faults.AddRange(schema.Validate(value, before));
        if (kind.Validate is { } validate)
            faults.AddRange(validate(value));
        if (faults.Count > 0)
            throw ApiStatusException.Invalid(kind, name, faults);
    }

    /// <summary>
    /// The fields that this request may not change are as they were: what the server gives, and the status in a write of the
    /// object, or all but the status in one of the status.
    /// </summary>
    public static void KeepWhatIsNotTheirs(ApiKind kind, JsonObject before, JsonObject after, string? subresource)
    {
        if (subresource == "status")
        {
            foreach (var field in after.Select(pair => pair.Key).Where(field => field is not ("status" or "metadata")).ToList())
                after.Remove(field);
            foreach (var (field, content) in before.Where(pair => pair.Key is not ("status" or "metadata")))
                after[field] = content?.DeepClone();
            // Through a built-in kind's status its labels and annotations can be changed; a custom kind's metadata cannot.
            if (kind.IsCustom)
                after["metadata"] = before["metadata"]!.DeepClone();
        }
        else if (kind.HasStatus)
        {
            after.Remove("status");
            if (before["status"] is { } status)
                after["status"] = status.DeepClone();
        }
        foreach (var given in GivenByServer.Concat(["resourceVersion", "namespace", "generateName"]))
            Meta.Copy(before, after, given);
    }

    public static void CheckFinalizers(ApiKind kind, string name, JsonObject before, JsonObject after)
    {
        var added = Meta.IsBeingDeleted(before) ? Meta.Finalizers(after).Except(Meta.Finalizers(before)).ToList() : [];
        if (added.Count > 0)
        {
            throw ApiStatusException.Invalid(kind, name, [FieldFault.Forbidden("metadata.finalizers",
                $"no new finalizers can be added if the object is being deleted, found new finalizers {string.Join(", ", added)}")]);
        }
    }

    /// <summary>What is neither metadata nor, where that is apart, the status is another than before.</summary>
    public static bool IsSpecChanged(ApiKind kind, JsonObject before, JsonObject after) =>
        before.Concat(after).Select(pair => pair.Key).Distinct()
            .Where(field => field != "metadata" && !(kind.HasStatus && field == "status"))
            .Any(field => !JsonNode.DeepEquals(before[field], after[field]));

    private static void DropNulls(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            foreach (var absent in map.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList())
                map.Remove(absent);
            foreach (var (_, content) in map)
                DropNulls(content);
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
                DropNulls(item);
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    internal static partial Regex Subdomain();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex QualifiedName();

    [GeneratedRegex(@"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\z")]
    private static partial Regex LabelValue();
}
