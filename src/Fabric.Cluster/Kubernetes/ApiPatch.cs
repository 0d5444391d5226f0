namespace Fabric.Cluster.Kubernetes;

/// <summary>A change of a part of an object.</summary>
/// <param name="Body">UTF-8 JSON in the form that the patch's type prescribes.</param>
public abstract record ApiPatch(ReadOnlyMemory<byte> Body, string ContentType)
{
    /// <summary>RFC 6902: operations in order, all or none.</summary>
    public sealed record Operations(ReadOnlyMemory<byte> Body) : ApiPatch(Body, "application/json-patch+json");

    /// <summary>RFC 7396: what is there is merged, null removes. Lists are replaced.</summary>
    public sealed record Merge(ReadOnlyMemory<byte> Body) : ApiPatch(Body, "application/merge-patch+json");

    /// <summary>
    /// The API's own merge (built-in kinds only): conditions and addresses are merged by their type, and other lists that
    /// the API's types give a key. A node's taints have none: they are replaced, as in a merge patch.
    /// </summary>
    public sealed record Strategic(ReadOnlyMemory<byte> Body) : ApiPatch(Body, "application/strategic-merge-patch+json");

    /// <summary>Server-side apply: the object is created, or gets the fields that are given, which are the owner's then.</summary>
    /// <param name="FieldManager">The owner's name.</param>
    /// <param name="Force">Take fields that another owner has set; otherwise that is a conflict.</param>
    public sealed record Apply(ReadOnlyMemory<byte> Body, string FieldManager, bool Force)
        : ApiPatch(Body, "application/apply-patch+yaml");
}

/// <summary>What must be true of an object for it to be deleted; otherwise that is a conflict.</summary>
public sealed record DeletePreconditions(string? Uid = null, string? ResourceVersion = null);

/// <summary>The part of a merge patch that changes metadata; with a resourceVersion only of that version.</summary>
internal sealed record MetadataPatch(ObjectMeta Metadata);
