using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>One write: what an object was and what it became, and all objects after it.</summary>
/// <param name="Before">Null: it was created.</param>
/// <param name="After">Null: it was deleted.</param>
/// <param name="All">Everything that is stored after it: a page of a list is read from here, whatever happens meanwhile.</param>
internal sealed record Change(
    long Revision, (string Group, string Plural) Of, ObjectKey Key, JsonObject? Before, JsonObject? After, Stored All);

/// <summary>Everything that is stored at a revision. The JSON in it is never changed.</summary>
internal sealed record Stored(
    ImmutableSortedDictionary<(string Group, string Plural), ImmutableSortedDictionary<ObjectKey, JsonObject>> Kinds)
{
    public static Stored Empty { get; } =
        new(ImmutableSortedDictionary.Create<(string, string), ImmutableSortedDictionary<ObjectKey, JsonObject>>(PairOrder.Ordinal));

    public ImmutableSortedDictionary<ObjectKey, JsonObject> this[ApiKind kind] =>
        Kinds.GetValueOrDefault((kind.Group, kind.Plural)) ?? ImmutableSortedDictionary<ObjectKey, JsonObject>.Empty;

    public Stored With(ApiKind kind, ObjectKey key, JsonObject? value) =>
        new(Kinds.SetItem((kind.Group, kind.Plural), value is null ? this[kind].Remove(key) : this[kind].SetItem(key, value)));

    private sealed class PairOrder : IComparer<(string, string)>
    {
        public static PairOrder Ordinal { get; } = new();

        public int Compare((string, string) x, (string, string) y) =>
            string.CompareOrdinal(x.Item1, y.Item1) is not 0 and var first ? first : string.CompareOrdinal(x.Item2, y.Item2);
    }
}
