using System.Collections.Immutable;
using System.Globalization;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>The addresses that Kubernetes knows this node by, as the tunnels' ends.</summary>
public static class NodeAddresses
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The Node object's addresses of type InternalIP that are this machine's, one of each family, IPv4 first.
    /// </summary>
    /// <param name="isOwn">Whether an interface of this machine holds the address.</param>
    /// <returns>Empty if there are none, or if the API does not answer within seconds; the reason is reported.</returns>
    public static async Task<ImmutableArray<IpAddress>> FindAsync(IKubernetesApi api, NodeName node, Func<IpAddress, bool> isOwn,
        Action<string> report, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Within, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var found = await api.GetAsync(NodeObject.Resource, null, node.Value, both.Token);
            ImmutableArray<IpAddress> addresses =
            [
                .. (found.Status?.Addresses ?? []).Where(a => a.Type == "InternalIP")
                    .Select(a => IpAddress.TryParse(a.Address, CultureInfo.InvariantCulture, out var address) ? address : (IpAddress?)null)
                    .OfType<IpAddress>().Where(isOwn).GroupBy(a => a.IsV6).OrderBy(g => g.Key).Select(g => g.First()),
            ];
            if (addresses.IsEmpty)
                report($"Node {node} has no InternalIP that is an address of this machine");
            return addresses;
        }
        catch (KubernetesException e)
        {
            report($"the addresses of Node {node} can't be read: {e.Message}");
            return [];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            report($"the addresses of Node {node} can't be read: no answer within {Within.TotalSeconds:0} s");
            return [];
        }
    }
}
