namespace Fabric.Simulation;

/// <summary>A run broke a promise, or the rules of the simulation themselves.</summary>
public sealed class SimulationFailedException(string message, Exception? inner = null) : Exception(message, inner);
