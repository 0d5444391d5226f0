namespace Fabric.Node.Cni;

/// <summary>The CNI binary at the other end went away or broke the protocol.</summary>
public sealed class CniPeerException(string message, Exception? inner = null) : Exception(message, inner);
