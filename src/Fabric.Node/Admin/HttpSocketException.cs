namespace Fabric.Node;

/// <summary>Thrown when an HTTP socket of the agent can't be opened.</summary>
/// <param name="operation">What was attempted, with the address.</param>
/// <param name="isTransient">Whether trying again may help: the address is taken by another process.</param>
public sealed class HttpSocketException(string operation, string message, bool isTransient, Exception inner)
    : Exception($"{operation}: {message}", inner)
{
    public string Operation { get; } = operation;

    public bool IsTransient { get; } = isTransient;
}
