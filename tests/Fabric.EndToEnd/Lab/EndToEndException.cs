namespace Fabric.EndToEnd;

/// <summary>A test failed; the message also holds what the agents logged meanwhile.</summary>
public sealed class EndToEndException(string message, Exception cause) : Exception(message, cause);
