using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>The type of a column (RFC 7047, section 3.2, <c>&lt;type&gt;</c>).</summary>
/// <param name="Key">The type of the elements of a set, or of the keys of a map.</param>
/// <param name="Value">The type of the values of a map; null for a set.</param>
/// <param name="Min">The least number of elements: 0 or 1.</param>
/// <param name="Max">The greatest number of elements; <see cref="int.MaxValue"/> for "unlimited".</param>
public sealed record OvsdbColumnType(OvsdbAtomKind Key, OvsdbAtomKind? Value, int Min, int Max)
{
    /// <summary>The value of a column that nobody set (RFC 7047, section 5.2.1).</summary>
    public OvsdbValue Default => Value is { } value
        ? Min == 0 ? OvsdbValue.EmptyMap : OvsdbValue.Map(KeyValuePair.Create(DefaultOf(Key), DefaultOf(value)))
        : Min == 0 ? OvsdbValue.EmptySet : OvsdbValue.Of(DefaultOf(Key));

    /// <summary>
    /// The value with the column's own type, which JSON alone does not show: integral reals become reals, and an empty
    /// set becomes the empty map in a map column.
    /// </summary>
    public OvsdbValue Normalize(OvsdbValue value)
    {
        if (Value is { } kind)
        {
            if (!value.IsMap)
                return value.Count == 0 ? OvsdbValue.EmptyMap : value;
            return Key is OvsdbAtomKind.Real || kind is OvsdbAtomKind.Real
                ? OvsdbValue.Map(value.Keys.Zip(
                    value.Values, (left, right) => KeyValuePair.Create(To(Key, left), To(kind, right))))
                : value;
        }

        return Key is OvsdbAtomKind.Real && !value.IsMap
            ? OvsdbValue.Set(value.Keys.Select(atom => To(Key, atom)))
            : value;
    }

    internal static OvsdbColumnType Read(JsonElement json)
    {
        if (json.ValueKind is JsonValueKind.String)
            return new(ReadBase(json), null, 1, 1);
        OvsdbAtomKind? value = json.TryGetProperty("value", out var second) ? ReadBase(second) : null;
        var min = json.TryGetProperty("min", out var least) ? least.GetInt32() : 1;
        var max = !json.TryGetProperty("max", out var most) ? 1
            : most.ValueKind is JsonValueKind.String ? int.MaxValue
            : most.GetInt32();
        return new(ReadBase(json.GetProperty("key")), value, min, max);
    }

    private static OvsdbAtomKind ReadBase(JsonElement json)
    {
        var name = json.ValueKind is JsonValueKind.Object ? json.GetProperty("type") : json;
        return name.GetString() switch
        {
            "integer" => OvsdbAtomKind.Integer,
            "real" => OvsdbAtomKind.Real,
            "boolean" => OvsdbAtomKind.Boolean,
            "string" => OvsdbAtomKind.String,
            "uuid" => OvsdbAtomKind.Uuid,
            _ => throw OvsdbJson.Malformed(json, "base type"),
        };
    }

    private static OvsdbAtom To(OvsdbAtomKind kind, OvsdbAtom atom) =>
        kind is OvsdbAtomKind.Real && atom.Kind is OvsdbAtomKind.Integer ? OvsdbAtom.Real(atom.AsReal()) : atom;

    private static OvsdbAtom DefaultOf(OvsdbAtomKind kind) => kind switch
    {
        OvsdbAtomKind.Integer => OvsdbAtom.Integer(0),
        OvsdbAtomKind.Real => OvsdbAtom.Real(0),
        OvsdbAtomKind.Boolean => OvsdbAtom.Boolean(false),
        OvsdbAtomKind.String => OvsdbAtom.String(""),
        _ => OvsdbAtom.Uuid(Guid.Empty),
    };
}
