using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>This node's side of the cluster: what it contributes, and the streams that it acts on.</summary>
/// <param name="open">Opens the store; fails with <see cref="JournalException"/> while it can't be reached.</param>
/// <param name="kubernetes">Null outside Kubernetes.</param>
/// <remarks>
/// Every cluster event is copied into the node's journal before it is acted on, so the mesh survives a restart without the store.
/// Lives on the event loop. A store that can't be reached stops nothing here.
/// </remarks>
public sealed class ClusterLink(
    Func<IClusterStore> open, NodeParameters node, long incarnation, Func<long> nextIncarnation, NodeCore core, IKubernetesPart? kubernetes,
    TimeProvider time, AgentLog log) : IClusterView
{
    private static readonly TimeSpan OpenAgainAfter = TimeSpan.FromSeconds(1);

    private readonly StoreContact _contact = new(time, log);
    private IClusterStore? _store;
    private NodePart? _part;
    private MeshFollower? _mesh;
    private PodCidrFollower? _podCidrs;
    private MembershipFollower? _members;
    private NetworksFollower? _networks;
    private NetworkMeshes? _networkMeshes;

    /// <summary>Why the store can't be read, or null.</summary>
    public string? StoreFault => _contact.Fault;

    public ChangeSignal Changes => _contact.Changes;

    /// <summary>What operators may ask the cluster for here.</summary>
    public ClusterOperations Operations => new(
        node, () => _store is { } store && _part?.Writer is { } writer ? (store, writer) : null, () => StoreFault);

    /// <summary>Whether the mesh, of each network that this node is in, has been read to its end since the start.</summary>
    public bool IsMeshKnown => _mesh is { IsCarriedOut: true } && _networkMeshes is { AreCarriedOut: true };

    /// <summary>Called on the loop once the store has told all that it knows of this node's blocks.</summary>
    public required Action Confirmed { get; init; }

    public ClusterFacts Read() => new(
        node.Options.ClusterStore.ToString(),
        StoreFault is null,
        _contact.LastAt,
        _members?.State?.Singleton?.Node,
        _part?.Singletons?.IsHolder ?? false,
        _members?.State is { } members && _podCidrs?.State is { } podCidrs ? MemberView.Of(members, podCidrs) : [],
        _podCidrs?.State is { } blocks ? ClusterCidrUse.Of(blocks, node.Options.Quarantine, time.GetUtcNow()) : [],
        [.. new[] { _members?.Stall, _podCidrs?.Stall, _mesh?.Stall, _networks?.Stall }.OfType<string>(),
            .. _networkMeshes?.Stalls ?? []],
        Conditions())
    {
        Networks = [.. _networks?.State?.Networks.Values ?? []],
    };

    /// <summary>Joins, and takes part until cancelled.</summary>
    /// <exception cref="AgentException">Another node has this name or uid, or a newer agent of this node has started.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var store = await OpenAsync(cancellationToken);
        _store = store;
        var context = new FollowContext(
            store, node.Streams.Catalog, new ClusterEventCopies(core.Host, core.Fold, log), _contact, time, log);
        _part = new NodePart(store, node, incarnation, nextIncarnation, core.TryLeaveAsync, kubernetes, _contact, time, log);
        _mesh = new MeshFollower(node, core.Host, core.Fold, context);
        _podCidrs = new PodCidrFollower(node, core, Confirmed, context);
        _members = new MembershipFollower(node, core.Standing, _part, context);
        _networks = new NetworksFollower(node, context);
        _networkMeshes = new NetworkMeshes(node, core, context);
        core.Networks.Known = () => _networks.State;
        core.Networks.Blocks = Operations;
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Together.RunAsync(
            [
                _mesh.RunAsync(term.Token), _podCidrs.RunAsync(term.Token), _members.RunAsync(term.Token),
                _networks.RunAsync(term.Token), _networkMeshes.RunAsync(term.Token), _part.RunAsync(term.Token),
            ], term);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>What is wrong and keeps no pod from being attached, one sentence each.</summary>
    private ImmutableArray<string> Conditions()
    {
        var conditions = ImmutableArray.CreateBuilder<string>();
        if (_mesh?.Mismatch is { } mismatch)
            conditions.Add(mismatch);
        if (_podCidrs?.Unused is { IsEmpty: false } unused)
            conditions.Add($"--cluster-cidr {string.Join(", ", unused)} is not of this cluster");
        conditions.AddRange(_part?.Singletons?.Faults ?? []);
        return conditions.ToImmutable();
    }

    /// <summary>A store that is not there yet is waited for: what the journal knows serves meanwhile.</summary>
    private async Task<IClusterStore> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return open();
            }
            catch (JournalException e)
            {
                _contact.Interrupted(e.Message);
                await Task.Delay(OpenAgainAfter, time, cancellationToken);
            }
        }
    }
}
