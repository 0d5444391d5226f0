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
    private readonly FrozenDictionary<Type, Entry> _byType;

    private EventCatalog(IReadOnlyCollection<Entry> entries)
    {
        _byManifest = entries.ToFrozenDictionary(e => e.Manifest, StringComparer.Ordinal);
        _byType = entries.Where(e => e.Current).ToFrozenDictionary(e => e.Type);
    }

    public IEnumerable<string> Manifests => _byManifest.Keys.Order(StringComparer.Ordinal);

    /// <summary>A catalog that also reads what this one does, and writes <typeparamref name="T"/> under another manifest.</summary>
    public EventCatalog With<T>(string manifest, JsonTypeInfo<T> json)
        where T : class, IEvent =>
        new([
            .. _byManifest.Values.Select(e => e.Type == typeof(T) ? e with { Current = false } : e),
            new Entry(manifest, typeof(T), json, Current: true, Upcast: null),
        ]);

    public string ManifestOf(IEvent e) => EntryOf(e).Manifest;

    public byte[] Encode(IEvent e) => JsonSerializer.SerializeToUtf8Bytes(e, EntryOf(e).Json);

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

    private Entry EntryOf(IEvent e) => _byType.TryGetValue(e.GetType(), out var entry)
        ? entry
        : throw new ArgumentException($"{e.GetType().Name} has no manifest: register it in its catalog", nameof(e));

    private sealed record Entry(string Manifest, Type Type, JsonTypeInfo Json, bool Current, Func<object, IEvent>? Upcast);

    /// <summary>Collects manifests; <see cref="Build"/> makes the catalog.</summary>
    public sealed class Builder
    {
        private readonly List<Entry> _entries = [];

        public Builder Add<T>(string manifest, JsonTypeInfo<T> json)
            where T : class, IEvent
        {
            _entries.Add(new Entry(manifest, typeof(T), json, Current: true, Upcast: null));
            return this;
        }

        /// <summary>A manifest that is no longer written: <paramref name="upcast"/> turns what it holds into today's event.</summary>
        public Builder AddOld<T>(string manifest, JsonTypeInfo<T> json, Func<T, IEvent> upcast)
            where T : class
        {
            _entries.Add(new Entry(manifest, typeof(T), json, Current: false, stored => upcast((T)stored)));
            return this;
        }

        public EventCatalog Build() => new(_entries);
    }
}
