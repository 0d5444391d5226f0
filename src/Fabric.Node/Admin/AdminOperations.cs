using Fabric.Actors;
using Fabric.Messages;
using Microsoft.AspNetCore.Http;

namespace Fabric.Node;

/// <summary>Carries out what the admin socket is asked to change (<see cref="AdminPaths.Operations"/>).</summary>
/// <remarks>Parameters are in the query, as for the paths that only look: no request has a body.</remarks>
internal sealed class AdminOperations(EventLoop loop, IClusterOperations? operations, TimeProvider time)
{
    /// <summary>Below what the command waits, so that the reason arrives.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    /// <returns>Either what was done, or the HTTP status and what is wrong.</returns>
    public async Task<(string? Done, int Status, AdminError? Error)> RunAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var path = request.Path.Value!;
        var parameters = new OperationParameters(request.Query);
        Func<IClusterOperations, CancellationToken, Task<OperationOutcome>> operation;
        switch (path)
        {
            case AdminPaths.DrainNode or AdminPaths.UndrainNode:
                var drained = parameters.Node();
                operation = (o, token) => o.DrainAsync(drained, path == AdminPaths.DrainNode, token);
                break;
            case AdminPaths.RemoveNode:
                var (node, uid, force) = (parameters.Node(), parameters.Text("uid"), parameters.Flag("force"));
                operation = (o, token) => o.RemoveAsync(node, uid, force, token);
                break;
            case AdminPaths.CreateNetwork:
                var (created, vni, subnets) = (parameters.Network(), parameters.Vni(), parameters.Subnets());
                operation = (o, token) => o.CreateNetworkAsync(created, vni, subnets, token);
                break;
            case AdminPaths.DeleteNetwork:
                var deleted = parameters.Network();
                operation = (o, token) => o.DeleteNetworkAsync(deleted, token);
                break;
            default:
                var range = parameters.ClusterCidr();
                operation = (o, token) => o.AddCidrAsync(range, token);
                break;
        }
        if (parameters.Fault() is { } fault)
            return (null, 400, fault);
        if (operations is not { } cluster)
            return (null, 503, new AdminError("this agent runs without a cluster store", null, null, []));
        return await OnLoopAsync(token => operation(cluster, token), cancellationToken) switch
        {
            OperationOutcome.Done done => (done.What, 200, null),
            OperationOutcome.Refused { Code: "unknown-node" or "unknown-network" } refused => (null, 404, new AdminError(refused.Message, null, null, [])),
            OperationOutcome.Refused refused => (null, 409, new AdminError(refused.Message, null, null, [])),
            OperationOutcome.Unavailable unavailable => (null, 503, new AdminError(
                $"not surely done: {unavailable.Reason}. Ask again, a repeat does no harm", null, null, [])),
            var other => throw new InvariantBrokenException($"unexpected outcome {other}"),
        };
    }

    private async Task<OperationOutcome> OnLoopAsync(
        Func<CancellationToken, Task<OperationOutcome>> operation, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Deadline, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await loop.RunAsync(() => operation(ended.Token)).WaitAsync(ended.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return new OperationOutcome.Unavailable($"the cluster store did not answer within {Deadline.TotalSeconds:0} s");
        }
    }
}
