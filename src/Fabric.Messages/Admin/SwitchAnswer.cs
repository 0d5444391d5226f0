namespace Fabric.Messages;

/// <summary>The agent's session with Open vSwitch.</summary>
/// <param name="Version">Null while it is not known.</param>
/// <param name="InStep">Whether ports and flows were brought in step since the session came up.</param>
public sealed record SwitchAnswer(bool Connected, string? Version, bool InStep);
