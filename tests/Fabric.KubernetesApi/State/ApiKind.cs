using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>A kind of object that the API serves, with the rules that differ between kinds.</summary>
/// <param name="Group">Empty: the core group.</param>
/// <param name="HasStatus">It has the status subresource: a PUT of the object leaves the status alone, one of the status the rest.</param>
public sealed record ApiKind(string Group, string Version, string Kind, string Plural, bool IsNamespaced, bool HasStatus)
{
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    public ImmutableArray<string> ShortNames { get; init; } = [];

    public ImmutableArray<string> Categories { get; init; } = [];

    /// <summary>Custom: pruned, defaulted and validated by its schema, and never merged strategically.</summary>
    public bool IsCustom { get; init; }

    public StructuralSchema? Schema { get; init; }

    /// <summary>Its metadata has a generation, which rises when what is neither metadata nor status changes.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>A PUT must say the version that it changes. ConfigMaps, nodes and others take a PUT without one.</summary>
    public bool NeedsVersionToUpdate { get; init; }

    /// <summary>A PUT of an object that is not there creates it (leases, events).</summary>
    public bool IsCreatedByUpdate { get; init; }

    /// <summary>The fields of a built-in kind beside its metadata; others are dropped. Empty: whatever is given is kept.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    /// <summary>What field selectors may name beside metadata.name and metadata.namespace.</summary>
    public ImmutableArray<string> SelectableFields { get; init; } = [];

    /// <summary>Fills in what kube-apiserver's own strategy and admission give a new object.</summary>
    public Action<JsonObject>? Prepare { get; init; }

    /// <summary>Fills in, with each write, what kube-apiserver's defaults give.</summary>
    public Action<JsonObject>? Default { get; init; }

    /// <summary>Throws <see cref="FormatException"/> for an object that kube-apiserver's own types could not be read from.</summary>
    public Action<JsonObject>? Decode { get; init; }

    /// <summary>What is wrong with an object of this kind, beyond what holds for all.</summary>
    public Func<JsonObject, IEnumerable<FieldFault>>? Validate { get; init; }

    /// <summary>Columns of <c>kubectl get</c>.</summary>
    public ImmutableArray<PrinterColumn> Columns { get; init; } = [];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As in messages: <c>widgets.test.example</c>.</summary>
    public string Resource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public override string ToString() => Resource;
}

/// <summary>One column of a table; either a path, or a function where kubectl shows more than a path can say.</summary>
/// <param name="Type">integer, number, string, boolean or date.</param>
/// <param name="JsonPath">In the form of additionalPrinterColumns, <c>.spec.size</c>.</param>
/// <param name="Priority">Above 0: only with <c>-o wide</c>.</param>
public sealed record PrinterColumn(
    string Name, string Type, string? JsonPath, Func<JsonObject, DateTimeOffset, string>? Shown = null, int Priority = 0,
    string Description = "");
