using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

public sealed partial class ApiState
{
    /// <summary>Watches from a version; without one, or from 0, it begins with all that is there.</summary>
    /// <exception cref="ApiStatusException">410 Expired: the version is compacted away.</exception>
    public ApiWatch Watch(ApiKind kind, ListOptions options, bool wantsBookmarks)
    {
        var selector = Selector.Parse(kind, options);
        var version = options.ResourceVersion is { Length: > 0 } given ? ParseVersion(given) : 0;
        lock (_lock)
        {
            if (version > 0 && version < _compactedAt)
            {
                throw ApiStatusException.Expired(
                    string.Create(CultureInfo.InvariantCulture, $"too old resource version: {version} ({_compactedAt})"));
            }
            var watch = new ApiWatch(this, kind, selector, version == 0 ? Revision : version, wantsBookmarks);
            if (version == 0)
            {
                foreach (var (key, value) in _now[kind])
                    watch.OfferExisting(key, value);
            }
            else
            {
                foreach (var change in _history)
                    watch.Offer(change);
            }
            _watches.Add(watch);
            return watch;
        }
    }

    /// <summary>Says to all watches that want it how far they are. kube-apiserver does about once a minute.</summary>
    public void SendBookmarks()
    {
        lock (_lock)
        {
            foreach (var watch in _watches.Where(watch => watch.WantsBookmarks))
                watch.OfferBookmark(Revision);
        }
    }

    /// <summary>Ends all watches, as a server does that stops.</summary>
    /// <param name="failure">Null: they end in good order.</param>
    public void CloseWatches(Exception? failure = null)
    {
        List<ApiWatch> closed;
        lock (_lock)
        {
            closed = [.. _watches];
            _watches.Clear();
        }
        foreach (var watch in closed)
            watch.Close(failure);
    }

    internal void Forget(ApiWatch watch)
    {
        lock (_lock)
            _watches.Remove(watch);
    }

    /// <summary>Writes one object at a new version, and tells who watches.</summary>
    private void Store(ApiKind kind, ObjectKey key, JsonObject? before, JsonObject? after)
    {
        Revision++;
        if (after is not null)
            Meta.Set(after, "resourceVersion", Revision.ToString(CultureInfo.InvariantCulture));
        _now = _now.With(kind, key, after);
        var change = new Change(Revision, (kind.Group, kind.Plural), key, before, after, _now);
        _history.Add(change);
        if (kind.Plural == BuiltInKinds.CustomResourceDefinitions.Plural && kind.Group == BuiltInKinds.CustomResourceDefinitions.Group)
            _kinds = [.. BuiltInKinds.All, .. _now[kind].Values.SelectMany(CustomKinds.Of)];
        foreach (var watch in _watches)
            watch.Offer(change);
        // Half of it at once, so that not each write moves the list.
        if (MostHistory is { } most && _history.Count > most)
            Compact(_history[_history.Count - (most / 2) - 1].Revision);
    }
}
