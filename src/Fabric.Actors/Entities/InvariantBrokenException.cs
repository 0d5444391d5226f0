namespace Fabric.Actors;

/// <summary>An <see cref="Invariant"/> did not hold: a bug, or a journal that does not say what its events promise.</summary>
public sealed class InvariantBrokenException(string message) : Exception(message);
