namespace Fabric.Cluster.Kubernetes;

/// <summary>The body of a deletion (meta/v1).</summary>
internal sealed record DeleteOptions(string ApiVersion, string Kind, DeletePreconditions? Preconditions);
