namespace Fabric.Messages.Cni;

/// <summary>One environment variable that a delegated plugin gets in place of the binary's own.</summary>
/// <param name="Name">Not empty, without <c>=</c> and NUL.</param>
/// <param name="Value">Without NUL.</param>
public readonly record struct CniOverride(string Name, string Value)
{
    /// <summary>False for what can't stand in an environment block.</summary>
    public bool IsValid => Name.Length > 0 && !Name.Contains('=') && !Name.Contains('\0') && !Value.Contains('\0');
}
