using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>What a CustomResourceDefinition makes of itself: one kind per served version.</summary>
internal static class CustomKinds
{
    public static IEnumerable<ApiKind> Of(JsonObject definition)
    {
        var spec = (JsonObject)definition["spec"]!;
        var names = (JsonObject)spec["names"]!;
        foreach (var version in (spec["versions"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (version["served"]?.GetValue<bool>() != true)
                continue;
            var kind = names["kind"]!.GetValue<string>();
            yield return new ApiKind(
                spec["group"]!.GetValue<string>(), version["name"]!.GetValue<string>(), kind, names["plural"]!.GetValue<string>(),
                spec["scope"]!.GetValue<string>() == "Namespaced", version["subresources"]?["status"] is not null)
            {
                Singular = names["singular"]?.GetValue<string>() ?? kind.ToLowerInvariant(),
                ShortNames = Texts(names["shortNames"]),
                Categories = Texts(names["categories"]),
                IsCustom = true,
                HasGeneration = true,
                NeedsVersionToUpdate = true,
                Schema = version["schema"]?["openAPIV3Schema"] is JsonObject schema ? new StructuralSchema(schema) : null,
                Columns = Columns(version["additionalPrinterColumns"] as JsonArray ?? []),
            };
        }
    }

    /// <summary>Its names are accepted and it is served at once, which kube-apiserver does a moment later.</summary>
    public static void Establish(JsonObject made)
    {
        if (made["spec"]?["names"] is not JsonObject names)
            return;
        if (names["kind"]?.ToString() is { } kind)
        {
            names["singular"] ??= kind.ToLowerInvariant();
            names["listKind"] ??= kind + "List";
        }
        JsonObject Condition(string type, string reason, string message) =>
            new() { ["type"] = type, ["status"] = "True", ["reason"] = reason, ["message"] = message };
        made["status"] = new JsonObject
        {
            ["acceptedNames"] = names.DeepClone(),
            ["conditions"] = new JsonArray(
                Condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                Condition("Established", "InitialNamesAccepted", "the initial names have been accepted")),
            ["storedVersions"] = Json.ListOf(
                Versions(made).Where(version => version["storage"]?.ToString() == "true").Select(version => version["name"]?.DeepClone())),
        };
    }

    public static IEnumerable<FieldFault> Faults(JsonObject definition)
    {
        foreach (var field in (string[])["spec.group", "spec.scope", "spec.names.plural", "spec.names.kind", "spec.versions"])
        {
            if (Meta.At(definition, field) is null)
                yield return FieldFault.Required(field);
        }
        var (group, plural) = (Meta.At(definition, "spec.group")?.ToString(), Meta.At(definition, "spec.names.plural")?.ToString());
        if (group is null || plural is null)
            yield break;
        if (Meta.Name(definition) != $"{plural}.{group}")
            yield return FieldFault.Invalid("metadata.name", $"\"{Meta.Name(definition)}\"", "must be spec.names.plural+\".\"+spec.group");
        if (Versions(definition).Count(version => version["storage"]?.ToString() == "true") != 1)
            yield return FieldFault.Invalid("spec.versions", "list", "must have exactly one version marked as storage version");
        foreach (var (i, version) in Versions(definition).Index())
        {
            if (version["schema"]?["openAPIV3Schema"] is not JsonObject schema)
                yield return FieldFault.Required($"spec.versions[{i}].schema.openAPIV3Schema", "schemas are required");
            else if (Unreadable(schema) is { } why)
                yield return FieldFault.Invalid($"spec.versions[{i}].schema.openAPIV3Schema", "\"object\"", why);
            else if ((string?)schema["type"] != "object")
            {
                yield return FieldFault.Invalid(
                    $"spec.versions[{i}].schema.openAPIV3Schema.type", $"\"{schema["type"]}\"", "must be object at the root");
            }
        }
    }

    private static string? Unreadable(JsonObject schema)
    {
        try
        {
            _ = new StructuralSchema(schema);
            return null;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // A rule or a pattern (RegexParseException) that this server does not understand.
            return exception.Message;
        }
    }

    private static IEnumerable<JsonObject> Versions(JsonObject definition) =>
        (Meta.At(definition, "spec.versions") as JsonArray ?? []).OfType<JsonObject>();

    private static ImmutableArray<string> Texts(JsonNode? list) => [.. (list as JsonArray ?? []).Select(text => text!.GetValue<string>())];

    /// <summary>kube-apiserver shows the age where a CRD says nothing about columns, and always the name first.</summary>
    private static ImmutableArray<PrinterColumn> Columns(JsonArray columns) => columns.Count == 0
        ? [new PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
        : [.. columns.OfType<JsonObject>().Select(column => new PrinterColumn(
            column["name"]!.GetValue<string>(), column["type"]!.GetValue<string>(), column["jsonPath"]!.GetValue<string>(),
            Priority: (int?)column["priority"] ?? 0, Description: (string?)column["description"] ?? ""))];
}
