namespace Fabric.Messages;

/// <summary>Why an entity declined a command: a value, never an exception. Nothing has changed.</summary>
/// <param name="Code">A stable word for programs, for example <c>pool-exhausted</c>.</param>
/// <param name="Message">Which input, what was wrong, what to do; for people.</param>
public sealed record Rejection(string Code, string Message)
{
    public override string ToString() => $"{Message} ({Code})";
}
