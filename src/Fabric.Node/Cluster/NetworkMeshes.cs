using System.Runtime.ExceptionServices;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Follows the mesh of each virtual network that this node is in, and of no other.</summary>
/// <remarks>Lives on the event loop.</remarks>
public sealed class NetworkMeshes(NodeParameters node, NodeCore core, FollowContext context)
{
    private readonly Dictionary<PersistenceId, (MeshFollower Follower, CancellationTokenSource End, Task Run)> _running = [];
    private readonly AsyncSignal _wake = new();
    private Exception? _failure;

    /// <summary>Why meshes can't be read on by this version.</summary>
    public IEnumerable<string> Stalls => _running.Values.Select(r => r.Follower.Stall).OfType<string>();

    /// <summary>As <see cref="MeshFollower.IsCarriedOut"/>, of every network that this node is in.</summary>
    public bool AreCarriedOut => core.Fold.State.Networks.Values.All(n =>
        _running.TryGetValue(VtepMesh.Id(n.Network, n.Vni), out var running) && running.Follower.IsCarriedOut);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        core.NetworksChanged = _wake.Set;
        try
        {
            while (true)
            {
                await FollowAsync(cancellationToken);
                await _wake.WaitAsync(cancellationToken);
                if (_failure is { } failure)
                    ExceptionDispatchInfo.Throw(failure);
            }
        }
        finally
        {
            core.NetworksChanged = null;
            foreach (var id in _running.Keys.ToList())
                await EndAsync(id);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var wanted = core.Fold.State.Networks.Values.ToDictionary(n => VtepMesh.Id(n.Network, n.Vni));
        foreach (var id in _running.Keys.Where(id => !wanted.ContainsKey(id)).ToList())
            await EndAsync(id);
        foreach (var (id, network) in wanted)
        {
            if (_running.ContainsKey(id))
                continue;
            var follower = new MeshFollower(node, core.Host, core.Fold, context, network);
            var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _running[id] = (follower, end, GuardAsync(follower.RunAsync(end.Token), end.Token));
        }
    }

    private async Task EndAsync(PersistenceId id)
    {
        _running.Remove(id, out var running);
        running.End.Cancel();
        await running.Run;
        running.End.Dispose();
    }

    private async Task GuardAsync(Task run, CancellationToken end)
    {
        try
        {
            await run;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // That is how it ends.
        }
        catch (Exception e)
        {
            _failure ??= e;
            _wake.Set();
        }
    }
}
