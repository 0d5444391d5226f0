namespace Fabric.Cluster.Kubernetes;

/// <summary>The body of a deletion (DeleteOptions, meta/v1).</summary>
internal sealed record Deletion(string ApiVersion, string Kind, DeletePreconditions? Preconditions);
