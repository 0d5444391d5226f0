using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Answers one call on the event loop.</summary>
public delegate Task<CniResultFrame> CniHandler(
    CniRequest request, Sandbox? sandbox, ICniExecutor executor, CancellationToken cancellationToken);
