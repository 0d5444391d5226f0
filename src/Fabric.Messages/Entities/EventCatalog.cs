using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fabric.Messages;

/// <summary>Which manifest stands for which event type, and how each is written as JSON.</summary>
/// <remarks>
/// A manifest is <c>name/version</c>, for example <c>port-attached/1</c>. It is the storage format: once released it keeps
/// its meaning for ever, and a changed event gets a new version with an upcaster from the old one. Immutable; any thread.
/// </remarks>
public sealed class EventCatalog
{
    private readonly FrozenDictionary<string, Entry> _byManifest;
    private readonly FrozenDictionary<Type, Entry[]> _byType;

    private EventCatalog(IReadOnlyCollection<Entry> entries)
    {
        _byManifest = entries.ToFrozenDictionary(e => e.Manifest, StringComparer.Ordinal);
        _byType = entries.Where(e => e.IsWritten).GroupBy(e => e.Type)
            .ToFrozenDictionary(g => g.Key, g => g.OrderByDescending(e => e.Level).ToArray());
        if (_byType.Values.FirstOrDefault(g => g.DistinctBy(e => e.Level).Count() < g.Length) is { } twice)
            throw new ArgumentException($"{twice[0].Type.Name} has two manifests of one level", nameof(entries));
        Level = entries.Select(e => e.Level).DefaultIfEmpty(1).Max();
    }

    public IEnumerable<string> Manifests => _byManifest.Keys.Order(StringComparer.Ordinal);

    /// <summary>
    /// The highest level of all manifests: what a member of the cluster declares. A release that adds manifests raises it by one.
    /// </summary>
    public int Level { get; }

    /// <summary>
    /// A catalog of the next level, which also reads what this one does, and writes <typeparamref name="T"/> under another manifest
    /// for those who read that level.
    /// </summary>
    public EventCatalog With<T>(string manifest, JsonTypeInfo<T> json)
        where T : class, IEvent =>
        new([.. _byManifest.Values, new Entry(manifest, typeof(T), json, IsWritten: true, Level + 1, Upcast: null)]);

    /// <summary>The newest manifest that readers of a level know.</summary>
    /// <param name="readable">What all readers have; everything by default, since a node reads its own journal alone.</param>
    public string ManifestOf(IEvent e, int readable = int.MaxValue) => EntryOf(e, readable).Manifest;

    /// <summary>The level that a reader of this event must have at least.</summary>
    public int LevelOf(IEvent e) => EntriesOf(e)[^1].Level;

    public byte[] Encode(IEvent e, int readable = int.MaxValue) => JsonSerializer.SerializeToUtf8Bytes(e, EntryOf(e, readable).Json);

    /// <returns>False for a manifest that this version does not know; the caller stops folding there.</returns>
    /// <exception cref="JsonException">The payload is not what its manifest promises: the journal is damaged.</exception>
    public bool TryDecode(string manifest, ReadOnlySpan<byte> payload, [NotNullWhen(true)] out IEvent? e)
    {
        e = null;
        if (!_byManifest.TryGetValue(manifest, out var entry))
            return false;
        var stored = JsonSerializer.Deserialize(payload, entry.Json)
            ?? throw new JsonException($"the payload of {manifest} is null");
        e = entry.Upcast is { } upcast ? upcast(stored) : (IEvent)stored;
        return true;
    }

    private Entry EntryOf(IEvent e, int readable) => Array.Find(EntriesOf(e), entry => entry.Level <= readable)
        ?? throw new ArgumentException($"{e.GetType().Name} can't be written for readers of level {readable}", nameof(e));

    private Entry[] EntriesOf(IEvent e) => _byType.TryGetValue(e.GetType(), out var entries)
        ? entries
        : throw new ArgumentException($"{e.GetType().Name} has no manifest: register it in its catalog", nameof(e));

    private sealed record Entry(string Manifest, Type Type, JsonTypeInfo Json, bool IsWritten, int Level, Func<object, IEvent>? Upcast);

    /// <summary>Collects manifests; <see cref="Build"/> makes the catalog.</summary>
    public sealed class Builder
    {
        private readonly List<Entry> _entries = [];

        /// <param name="level">1 for what the first release knows; see <see cref="Level"/>.</param>
        public Builder Add<T>(string manifest, JsonTypeInfo<T> json, int level = 1)
            where T : class, IEvent
        {
            _entries.Add(new Entry(manifest, typeof(T), json, IsWritten: true, level, Upcast: null));
            return this;
        }

        /// <summary>A manifest that is no longer written: <paramref name="upcast"/> turns what it holds into today's event.</summary>
        public Builder AddOld<T>(string manifest, JsonTypeInfo<T> json, Func<T, IEvent> upcast)
            where T : class
        {
            _entries.Add(new Entry(manifest, typeof(T), json, IsWritten: false, Level: 1, stored => upcast((T)stored)));
            return this;
        }

        public EventCatalog Build() => new(_entries);
    }
}
