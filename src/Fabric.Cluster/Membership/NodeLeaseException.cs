namespace Fabric.Cluster;

/// <summary>Thrown when a node may not take the lease that it asks for.</summary>
/// <param name="code">
/// <c>name-taken</c>: another living node has this name; <c>uid-in-use</c>: another has this uid.
/// </param>
public sealed class NodeLeaseException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;

    /// <summary>What the operation was.</summary>
    public string Operation => "acquire node lease";

    /// <summary>Never: somebody has to rename a machine or give it a state directory of its own.</summary>
    public bool IsTransient => false;
}
