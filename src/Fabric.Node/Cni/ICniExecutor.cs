using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Runs a delegated plugin where the runtime is: the CNI binary does it, on the host, and answers.</summary>
public interface ICniExecutor
{
    /// <exception cref="CniPeerException">The binary has gone away.</exception>
    Task<CniExecResultFrame> ExecuteAsync(CniExecFrame round, CancellationToken cancellationToken);
}
