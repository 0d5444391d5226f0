namespace Fabric.Node;

/// <summary>Open vSwitch declined something or went away; the message carries its own text.</summary>
public sealed class SwitchException(string operation, string message, bool isTransient, Exception? inner = null)
    : Exception(message, inner)
{
    public string Operation { get; } = operation;

    public bool IsTransient { get; } = isTransient;
}
