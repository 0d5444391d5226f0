namespace Fabric.Lab;

/// <summary>One endpoint of a Service.</summary>
/// <param name="Node">The name of the node that it is on.</param>
public sealed record KubeProxyEndpoint(string Address, int Port, string Node)
{
    /// <summary>ADDRESS:PORT, with brackets for IPv6.</summary>
    internal string Target => Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
