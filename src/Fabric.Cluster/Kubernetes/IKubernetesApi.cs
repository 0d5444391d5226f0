namespace Fabric.Cluster.Kubernetes;

/// <summary>The part of the Kubernetes API that Fabric needs, for any kind.</summary>
/// <remarks>
/// <para>
/// All members may be called from any thread, and fail with <see cref="KubernetesException"/>; each ends within the
/// implementation's deadline, watches excepted. They never retry by themselves what changes something: after a failure
/// that is not <see cref="KubernetesException.IsSurelyUndone"/> the caller reads what is there.
/// </para>
/// <para>The contract is KubernetesApiContract in the tests; it runs against a real API server too.</para>
/// </remarks>
public interface IKubernetesApi
{
    /// <exception cref="KubernetesException">With <see cref="ApiFault.NotFound"/> there is none.</exception>
    Task<T> GetAsync<T>(ResourceKind<T> kind, string? ns, string name, CancellationToken cancellationToken)
        where T : class, IApiObject;

    /// <summary>One page of the objects, in the order of namespace and name.</summary>
    /// <param name="limit">The most objects on a page; 0: all.</param>
    /// <param name="continueFrom">Null: the first page.</param>
    /// <param name="resourceVersion">
    /// Null: the newest state, from the storage. "0": whatever the server has cached, which is cheap and may be old.
    /// </param>
    /// <exception cref="KubernetesException">With <see cref="ApiFault.Expired"/>: begin again with the first page.</exception>
    Task<ObjectPage<T>> ListAsync<T>(ResourceKind<T> kind, ObjectQuery query, int limit, string? continueFrom, string? resourceVersion,
        CancellationToken cancellationToken)
        where T : class, IApiObject;

    /// <param name="made">Named by its metadata, without resourceVersion.</param>
    /// <returns>As it is stored.</returns>
    Task<T> CreateAsync<T>(ResourceKind<T> kind, T made, CancellationToken cancellationToken)
        where T : class, IApiObject;

    /// <summary>PUT: the object as it is given takes the place of what is stored, if that is still at its resourceVersion.</summary>
    /// <param name="subresource">Null, or <c>status</c>: only the status is taken.</param>
    Task<T> ReplaceAsync<T>(ResourceKind<T> kind, T changed, string? subresource, CancellationToken cancellationToken)
        where T : class, IApiObject;

    /// <inheritdoc cref="ReplaceAsync"/>
    Task<T> PatchAsync<T>(ResourceKind<T> kind, string? ns, string name, ApiPatch patch, string? subresource,
        CancellationToken cancellationToken)
        where T : class, IApiObject;

    /// <summary>Deletes it; done too if it is gone already.</summary>
    Task DeleteAsync<T>(ResourceKind<T> kind, string? ns, string name, DeletePreconditions? preconditions,
        CancellationToken cancellationToken)
        where T : class, IApiObject;

    /// <summary>
    /// What changes after a version, in order, with bookmarks. Ends when the server ends it (after minutes), which is no
    /// failure: go on from the last version seen.
    /// </summary>
    /// <param name="resourceVersion">Of a list, an object or a bookmark.</param>
    /// <exception cref="KubernetesException">With <see cref="ApiFault.Expired"/>: list again.</exception>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceKind<T> kind, ObjectQuery query, string resourceVersion,
        CancellationToken cancellationToken)
        where T : class, IApiObject;
}
