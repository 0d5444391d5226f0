using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// The value of a column (RFC 7047, section 5.1, <c>&lt;value&gt;</c>): a sorted set of atoms or a sorted map from
/// atoms to atoms. An atom is the set of that one atom, as on the wire. Immutable; equality is by content.
/// </summary>
public sealed class OvsdbValue : IEquatable<OvsdbValue>
{
    /// <summary>The empty set, which is also how an optional scalar says that it has no value.</summary>
    public static readonly OvsdbValue EmptySet = new([], default);

    /// <summary>The empty map.</summary>
    public static readonly OvsdbValue EmptyMap = new([], []);

    private OvsdbValue(ImmutableArray<OvsdbAtom> keys, ImmutableArray<OvsdbAtom> values)
    {
        Keys = keys;
        Values = values;
    }

    /// <summary>The elements of a set or the keys of a map, ascending.</summary>
    public ImmutableArray<OvsdbAtom> Keys { get; }

    /// <summary>The values of a map, in the order of <see cref="Keys"/>; default for a set.</summary>
    public ImmutableArray<OvsdbAtom> Values { get; }

    /// <summary>True for a map, also an empty one.</summary>
    public bool IsMap => !Values.IsDefault;

    /// <summary>The number of elements or pairs.</summary>
    public int Count => Keys.Length;

    /// <summary>The one element, or null when there is none or there are several, or this is a map.</summary>
    public OvsdbAtom? Single => !IsMap && Count == 1 ? Keys[0] : default(OvsdbAtom?);

    /// <summary>The one text, or null when the set does not hold exactly one text.</summary>
    public string? Text => Single is { Kind: OvsdbAtomKind.String } atom ? atom.AsString() : null;

    /// <summary>The one integer, or null when the set does not hold exactly one integer.</summary>
    public long? Number => Single is { Kind: OvsdbAtomKind.Integer } atom ? atom.AsInteger() : null;

    /// <summary>The one boolean, or null when the set does not hold exactly one boolean.</summary>
    public bool? Truth => Single is { Kind: OvsdbAtomKind.Boolean } atom ? atom.AsBoolean() : null;

    /// <summary>The one uuid, or null when the set does not hold exactly one uuid.</summary>
    public Guid? Uuid => Single is { Kind: OvsdbAtomKind.Uuid } atom ? atom.AsUuid() : null;

    /// <summary>The value that is this one atom.</summary>
    public static OvsdbValue Of(OvsdbAtom atom) => new([atom], default);

    /// <summary>A set; equal atoms count once.</summary>
    public static OvsdbValue Set(params IEnumerable<OvsdbAtom> atoms)
    {
        var keys = atoms.Distinct().Order().ToImmutableArray();
        return keys.IsEmpty ? EmptySet : new(keys, default);
    }

    /// <summary>A map; throws <see cref="ArgumentException"/> when a key occurs twice.</summary>
    public static OvsdbValue Map(params IEnumerable<KeyValuePair<OvsdbAtom, OvsdbAtom>> pairs)
    {
        var sorted = pairs.OrderBy(pair => pair.Key).ToArray();
        for (var index = 1; index < sorted.Length; index++)
        {
            if (sorted[index].Key == sorted[index - 1].Key)
                throw new ArgumentException($"The key '{sorted[index].Key}' occurs twice.", nameof(pairs));
        }

        return new([.. sorted.Select(pair => pair.Key)], [.. sorted.Select(pair => pair.Value)]);
    }

    /// <summary>A map from text to text, such as external_ids.</summary>
    public static OvsdbValue TextMap(IEnumerable<KeyValuePair<string, string>> pairs) =>
        Map(pairs.Select(pair => KeyValuePair.Create<OvsdbAtom, OvsdbAtom>(pair.Key, pair.Value)));

    /// <summary>True when the set holds the element, or the map the key.</summary>
    public bool Contains(OvsdbAtom key) => Keys.BinarySearch(key) >= 0;

    /// <summary>The value of a key of a map; null when it is absent or this is a set.</summary>
    public OvsdbAtom? this[OvsdbAtom key] =>
        IsMap && Keys.BinarySearch(key) is >= 0 and var index ? Values[index] : default(OvsdbAtom?);

    /// <summary>A map from text to text as a dictionary; pairs of other types are left out.</summary>
    public ImmutableSortedDictionary<string, string> ToTextMap()
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (var index = 0; IsMap && index < Count; index++)
        {
            if (Keys[index].Kind is OvsdbAtomKind.String && Values[index].Kind is OvsdbAtomKind.String)
                builder.Add(Keys[index].AsString(), Values[index].AsString());
        }

        return builder.ToImmutable();
    }

    /// <summary>The text elements of a set, ascending.</summary>
    public ImmutableArray<string> ToTexts() =>
        [.. Keys.Where(atom => atom.Kind is OvsdbAtomKind.String).Select(atom => atom.AsString())];

    /// <summary>The uuid elements of a set, ascending.</summary>
    public ImmutableArray<Guid> ToUuids() =>
        [.. Keys.Where(atom => atom.Kind is OvsdbAtomKind.Uuid).Select(atom => atom.AsUuid())];

    /// <summary>
    /// This value after a <c>modify</c> of ovsdb-server(7), section 4.1.14 (update2): elements are toggled; a pair is
    /// removed when it is equal, else set.
    /// </summary>
    internal OvsdbValue Toggle(OvsdbValue difference)
    {
        if (!IsMap && !difference.IsMap)
            return Set(Keys.Except(difference.Keys).Concat(difference.Keys.Except(Keys)));

        var pairs = new SortedDictionary<OvsdbAtom, OvsdbAtom>();
        for (var index = 0; IsMap && index < Count; index++)
            pairs.Add(Keys[index], Values[index]);
        for (var index = 0; difference.IsMap && index < difference.Count; index++)
        {
            var (key, value) = (difference.Keys[index], difference.Values[index]);
            if (pairs.TryGetValue(key, out var old) && old == value)
                pairs.Remove(key);
            else
                pairs[key] = value;
        }

        return Map(pairs);
    }

    /// <summary>Reads the JSON of RFC 7047 section 5.1; throws <see cref="FormatException"/> when it is not.</summary>
    public static OvsdbValue Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return OvsdbJson.ReadValue(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public bool Equals(OvsdbValue? other) =>
        other is not null
        && IsMap == other.IsMap
        && Keys.AsSpan().SequenceEqual(other.Keys.AsSpan())
        && (!IsMap || Values.AsSpan().SequenceEqual(other.Values.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as OvsdbValue);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(IsMap);
        foreach (var key in Keys)
            hash.Add(key);
        foreach (var value in IsMap ? Values : [])
            hash.Add(value);
        return hash.ToHashCode();
    }

    /// <summary>The JSON of RFC 7047 section 5.1.</summary>
    public override string ToString() => OvsdbJson.ToText(writer => OvsdbJson.WriteValue(writer, this));

    public static implicit operator OvsdbValue(OvsdbAtom atom) => Of(atom);

    public static implicit operator OvsdbValue(string value) => Of(value);

    public static implicit operator OvsdbValue(long value) => Of(value);

    public static implicit operator OvsdbValue(bool value) => Of(value);

    public static implicit operator OvsdbValue(Guid value) => Of(value);
}
