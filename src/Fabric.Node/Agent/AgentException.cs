namespace Fabric.Node;

/// <summary>The agent can't start, or must stop; the message says what to do and goes to the operator as it is.</summary>
public sealed class AgentException(string message, Exception? inner = null) : Exception(message, inner);
