using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Sends one call's rounds with its IPAM plugin to the CNI binary, which runs the plugin on the host.</summary>
public sealed class IpamRounds(ICniExecutor executor, CniRequest request)
{
    private uint _rounds;

    /// <summary>Forwards the call to the plugin.</summary>
    /// <exception cref="CniPeerException">The binary has gone away.</exception>
    public async Task<IpamOutcome> ForwardAsync(CancellationToken cancellationToken) =>
        await RunAsync(DelegatedIpam.Run(request, ++_rounds), cancellationToken);

    /// <summary>Forwards a call that gives no addresses; null for success.</summary>
    /// <exception cref="CniPeerException">The binary has gone away.</exception>
    public async Task<CniError?> ForwardPlainAsync(CancellationToken cancellationToken) =>
        await ForwardAsync(cancellationToken) is IpamOutcome.Failed failed ? failed.Error : null;

    /// <summary>Gives back what this ADD's plugin gave.</summary>
    /// <exception cref="CniPeerException">The binary has gone away.</exception>
    public Task UndoAsync(CancellationToken cancellationToken) =>
        RunAsync(DelegatedIpam.Undo(request, ++_rounds), cancellationToken);

    /// <summary>The addresses and routes that a port is to have.</summary>
    public static (ImmutableArray<AddressPrefix> Addresses, ImmutableArray<PodRoute> Routes) Shape(IpamResult result)
    {
        var routes = result.Routes.Select(r => new PodRoute(r.Destination, r.Gateway
            ?? result.Ips.Where(i => i.Address.Address.IsV6 == r.Destination.IsV6).Select(i => i.Gateway).FirstOrDefault()));
        return ([.. result.Ips.Select(i => i.Address)], [.. routes]);
    }

    private async Task<IpamOutcome> RunAsync(CniExecFrame? round, CancellationToken cancellationToken) => round is null
        ? new IpamOutcome.Done()
        : DelegatedIpam.Interpret(request, await executor.ExecuteAsync(round, cancellationToken));
}
