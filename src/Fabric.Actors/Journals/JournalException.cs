namespace Fabric.Actors;

/// <summary>The journal could not be read, or a request contradicts what it holds.</summary>
/// <param name="operation">What was attempted, with the stream or file it concerned.</param>
/// <param name="isTransient">Whether trying again may help (busy, interrupted) or not (corrupt, unknown format).</param>
public sealed class JournalException(string operation, string message, bool isTransient, Exception? inner = null)
    : Exception($"{operation}: {message}", inner)
{
    public string Operation { get; } = operation;

    public bool IsTransient { get; } = isTransient;
}
