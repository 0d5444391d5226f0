namespace Fabric.Cluster.Kubernetes;

/// <summary>One condition of an object's status (Kubernetes API conventions, "Typical status properties").</summary>
/// <param name="Status">True, False or Unknown.</param>
/// <param name="Reason">One word in CamelCase, for programs.</param>
/// <param name="Message">For people.</param>
/// <param name="LastHeartbeatTime">Only a Node's conditions have it.</param>
public sealed record ObjectCondition(
    string Type,
    string Status,
    string? Reason = null,
    string? Message = null,
    DateTimeOffset? LastTransitionTime = null,
    DateTimeOffset? LastHeartbeatTime = null);
