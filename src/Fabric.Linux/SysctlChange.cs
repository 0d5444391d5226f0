namespace Fabric.Linux;

/// <summary>What setting a sysctl did.</summary>
/// <param name="Name">The name, with slashes.</param>
/// <param name="Before">The value that was there.</param>
/// <param name="After">The value that is there now.</param>
public sealed record SysctlChange(string Name, string Before, string After)
{
    /// <summary>Whether the value had to be changed.</summary>
    public bool IsChange => Before != After;
}
