namespace Fabric.Node;

/// <summary>The kernel declined something; the message carries the object's name and the kernel's own text.</summary>
/// <param name="code">A stable word: <c>interface-exists</c>, <c>sandbox</c>, <c>kernel</c>.</param>
public sealed class KernelException(string code, string operation, string message, bool isTransient, Exception? inner = null)
    : Exception(message, inner)
{
    public string Code { get; } = code;

    public string Operation { get; } = operation;

    public bool IsTransient { get; } = isTransient;
}
