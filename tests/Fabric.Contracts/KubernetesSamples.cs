using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Contracts;

/// <summary>A custom kind for the contract, and the built-in ones that Fabric itself has no use for.</summary>
public sealed record WidgetObject(ObjectMeta Metadata, WidgetSpec? Spec = null, WidgetStatus? Status = null) : IApiObject
{
    /// <summary>The CRD that the server under test must have.</summary>
    public const string Definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.test.fabric.cni.dev}
        spec:
          group: test.fabric.cni.dev
          scope: Namespaced
          names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}}
            additionalPrinterColumns:
            - {name: Size, type: integer, jsonPath: .spec.size}
            - {name: Phase, type: string, jsonPath: .status.phase, priority: 1}
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  spec:
                    type: object
                    required: [size]
                    x-kubernetes-validations:
                    - {rule: '!has(oldSelf.serial) || has(self.serial) && self.serial >= oldSelf.serial', message: serials only rise}
                    - {rule: '!has(self.serial) || self.serial != self.size', message: a serial is no size}
                    properties:
                      serial: {type: integer, minimum: 0}
                      size: {type: integer, minimum: 1, maximum: 1000}
                      color: {type: string, enum: [red, blue], default: red}
                      name: {type: string, pattern: '^[a-z]+$', minLength: 2, maxLength: 5}
                      text: {type: string}
                      tags: {type: array, maxItems: 3, items: {type: string}}
                      notes: {type: object, additionalProperties: {type: string}}
                      port: {x-kubernetes-int-or-string: true}
                      free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                  status:
                    type: object
                    properties:
                      phase: {type: string}
                      conditions:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [type]
                        items:
                          type: object
                          required: [type, status]
                          properties:
                            type: {type: string}
                            status: {type: string}
        """;

    public static ResourceKind<WidgetObject> Resource { get; } = new(
        "test.fabric.cni.dev", "v1", "Widget", "widgets", IsNamespaced: true, KubernetesSamplesJson.Default.WidgetObject);
}

public sealed record WidgetSpec(
    int? Size = null, int? Serial = null, string? Color = null, string? Name = null, string? Text = null,
    ImmutableArray<string>? Tags = null, ImmutableSortedDictionary<string, string>? Notes = null)
{
    /// <summary>What the record does not know; not part of equality that tests use.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

public sealed record WidgetStatus(string? Phase = null, ImmutableArray<ObjectCondition>? Conditions = null);

public sealed record ConfigMapObject(ObjectMeta Metadata, ImmutableSortedDictionary<string, string>? Data = null) : IApiObject
{
    public static ResourceKind<ConfigMapObject> Resource { get; } =
        new("", "v1", "ConfigMap", "configmaps", IsNamespaced: true, KubernetesSamplesJson.Default.ConfigMapObject);
}

public sealed record NamespaceObject(ObjectMeta Metadata) : IApiObject
{
    public static ResourceKind<NamespaceObject> Resource { get; } =
        new("", "v1", "Namespace", "namespaces", IsNamespaced: false, KubernetesSamplesJson.Default.NamespaceObject);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(WidgetObject))]
[JsonSerializable(typeof(ConfigMapObject))]
[JsonSerializable(typeof(NamespaceObject))]
internal sealed partial class KubernetesSamplesJson : JsonSerializerContext;
