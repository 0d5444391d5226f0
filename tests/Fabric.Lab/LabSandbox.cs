namespace Fabric.Lab;

/// <summary>A pod sandbox as its runtime tells it.</summary>
/// <param name="Addresses">Its addresses, the primary one first; none in the node's own network, and none once it is stopped.</param>
/// <param name="Network">Its network namespace, which ends with the sandbox; null once it is stopped, and in the node's own.</param>
public sealed record LabSandbox(
    string Id, string Namespace, string Name, string Uid, bool IsReady, IReadOnlyList<string> Addresses, LabNamespace? Network);
