namespace Fabric.Cluster.Kubernetes;

/// <summary>One line of a watch (Kubernetes API concepts, "Efficient detection of changes").</summary>
public abstract record WatchEvent<T>
    where T : class, IApiObject
{
    private WatchEvent()
    {
    }

    /// <summary>An object is new, has changed, or has begun to match the query.</summary>
    public sealed record Put(T Object, bool IsNew) : WatchEvent<T>;

    /// <summary>An object is gone, or no longer matches the query; with its last content.</summary>
    public sealed record Deleted(T Object) : WatchEvent<T>;

    /// <summary>Nothing changed up to here: a later watch may begin at this version.</summary>
    public sealed record Bookmark(string ResourceVersion) : WatchEvent<T>;
}
