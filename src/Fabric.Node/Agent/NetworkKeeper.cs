using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>
/// Joins a virtual network when its first pod comes, and leaves it some time after its last one has gone; keeps what the cluster
/// thinks of this node true.
/// </summary>
/// <remarks>
/// Lives on the event loop. Joining: the cluster's stream, then the journal, then the pools. Leaving: the pools, then the journal,
/// synced, then the cluster's stream. So whatever a crash interrupts, this node never gives an address of a block that another could
/// have; what the cluster still counts as this node's is given back by the next look.
/// </remarks>
public sealed class NetworkKeeper(
    NodeParameters node, NodeFold fold, IEntityHost host, Func<long> lastOrdering, TimeProvider time, AgentLog log)
{
    /// <summary>A pod that is replaced by the next one soon does not move the node out of the mesh and in again.</summary>
    public static TimeSpan LeaveAfter { get; } = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>How long an ADD waits for the cluster store.</summary>
    private static readonly TimeSpan StoreWithin = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FoldsWithin = TimeSpan.FromSeconds(2);

    private readonly Dictionary<NetworkName, long> _idleSince = [];
    private readonly Dictionary<NetworkName, int> _uses = [];
    private readonly Dictionary<NetworkName, TaskCompletionSource> _turns = [];
    private string? _trouble;

    /// <summary>The way to the cluster store; null before it was reached for the first time.</summary>
    public INetworkBlocks? Blocks { get; set; }

    /// <summary>The cluster's networks as last heard; null before they have been read to their end.</summary>
    public Func<VirtualNetworks.State?> Known { get; set; } = () => null;

    /// <summary>The pools that a pod on the network gets its addresses from.</summary>
    public static ImmutableArray<PersistenceId> PoolsOf(NetworkEvent.NetworkJoined network) =>
        [.. network.Blocks.Select(b => AddressPool.Id(network.Network.Value, b.IsV6))];

    /// <summary>
    /// Makes the network usable for an attachment, and keeps it so until the use is disposed of. Asks the cluster store only for a
    /// network that this node is not in, or for an address outside its block.
    /// </summary>
    /// <returns>Either the use, or why not: rejected by the cluster's decision, or unavailable.</returns>
    public async Task<(Use? Use, AskResult? Failure)> UseAsync(
        NetworkName network, AttachmentId attachment, ImmutableArray<IpAddress> addresses, CancellationToken cancellationToken)
    {
        _uses[network] = _uses.GetValueOrDefault(network) + 1;
        var use = new Use(() => _uses[network]--);
        var failure = await InTurnAsync(network, async () =>
        {
            if (!IsUsable(network) && await TakeAsync(network, cancellationToken) is { } refused)
                return refused;
            use.Joined = fold.State.Networks[network];
            foreach (var address in addresses.Where(a => !use.Joined.Blocks.Any(b => b.Contains(a))))
            {
                if (!IsAttachedWith(network, attachment, address)
                    && await StoreAsync((b, t) => b.ClaimAsync(network, attachment, address, t), cancellationToken)
                        is not AskResult.Replied and var denied)
                    return denied;
                use.Claimed = use.Claimed.Add(address);
            }
            return null;
        });
        if (failure is null)
            return (use, null);
        use.Dispose();
        return (null, failure);
    }

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(LookEvery, time, cancellationToken);
            await LookAsync(cancellationToken);
        }
    }

    /// <summary>Gives up all that this node holds in a network, on disk when it returns.</summary>
    /// <returns>False while somebody holds an address here.</returns>
    public async Task<bool> LeaveAsync(NetworkName network, string reason)
    {
        if (!fold.State.Networks.TryGetValue(network, out var joined))
            return true;
        if (IsUsed(network))
            return false;
        // The pool decides: whatever holds an address of it keeps the network.
        foreach (var pool in PoolsOf(joined))
        {
            if (!await AskAsync(pool, new AddressPool.Command.Close(reason)))
                return false;
        }
        if (!await AskAsync(NodeNetworks.Id(node.Options.NodeName), new NodeNetworks.Command.Leave(network, reason)))
            return false;
        await WhenFoldedAsync(CancellationToken.None);
        CloseTunnels();
        return true;
    }

    /// <summary>At the agent's end nothing is folded any more; what was acknowledged is in the journal all the same.</summary>
    private async Task WhenFoldedAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(FoldsWithin, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await fold.WhenFoldedAsync(lastOrdering(), ended.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            log.Warn("the newest events of virtual networks are not folded yet");
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        CloseTunnels();
        foreach (var network in fold.State.Networks.Keys.ToList())
        {
            if (IsUsed(network))
                _idleSince.Remove(network);
            else if (!_idleSince.TryGetValue(network, out var since))
                _idleSince[network] = time.GetTimestamp();
            else if (time.GetElapsedTime(since) >= LeaveAfter)
                await InTurnAsync(network, () => LeaveAsync(network, "its last pod is gone"));
        }
        foreach (var gone in _idleSince.Keys.Where(n => !fold.State.Networks.ContainsKey(n)).ToList())
            _idleSince.Remove(gone);
        // Whatever a removed node took would be taken back again; it looks once it is a member again.
        if (fold.State.Removal is not null)
            return;
        foreach (var network in Known()?.Networks.Values ?? [])
            await InTurnAsync(network.Name, () => MakeTrueAsync(network, cancellationToken));
    }

    /// <summary>
    /// Compares what the cluster counts as this node's with what is used here. The cluster's side may be some events old: then the
    /// command finds its work done, since it is decided on the newest.
    /// </summary>
    private async Task<bool> MakeTrueAsync(VirtualNetworks.Network network, CancellationToken cancellationToken)
    {
        var held = network.Holdings.GetValueOrDefault(node.NodeUid);
        foreach (var (address, claim) in network.Claims.Where(c => c.Value.Uid == node.NodeUid))
        {
            if (_uses.GetValueOrDefault(network.Name) == 0 && !fold.State.Ports.ContainsKey(claim.Attachment))
            {
                Report(await StoreAsync(
                    (b, t) => b.ReleaseClaimAsync(network.Name, claim.Attachment, address, "its pod is gone", t), cancellationToken));
            }
        }
        if (!fold.State.Networks.TryGetValue(network.Name, out var joined))
        {
            if (held is not null && _uses.GetValueOrDefault(network.Name) == 0)
                Report(await StoreAsync((b, t) => b.ReturnBlocksAsync(network.Name, "its last pod is gone", t), cancellationToken));
        }
        else if (IsUsed(network.Name) && joined.Vni == network.Vni
            && (held is null || !held.Blocks.SequenceEqual(joined.Blocks) || !IsUsable(network.Name)))
        {
            Report(await TakeAsync(network.Name, cancellationToken));
        }
        return true;
    }

    private bool IsUsed(NetworkName network) => _uses.GetValueOrDefault(network) > 0
        || fold.State.Ports.Values.Any(p => p.Request?.Virtual?.Network == network);

    private bool IsUsable(NetworkName network) => fold.State.Networks.TryGetValue(network, out var joined)
        && !fold.State.DoubtfulNetworks.Contains(network)
        && joined.Blocks.All(b => fold.State.Pools.GetValueOrDefault(AddressPool.Id(network.Value, b.IsV6))?.Cidr == b);

    private bool IsAttachedWith(NetworkName network, AttachmentId attachment, IpAddress address) =>
        fold.State.Ports.TryGetValue(attachment, out var port) && port.IsWanted
        && port.Request?.Virtual is { } v && v.Network == network && v.Claimed.Contains(address);

    /// <returns>Null once the network is usable; else why not.</returns>
    private async Task<AskResult?> TakeAsync(NetworkName network, CancellationToken cancellationToken)
    {
        var answer = await StoreAsync((b, t) => b.TakeBlocksAsync(network, t), cancellationToken);
        if (answer is not AskResult.Replied { Reply: VirtualNetworks.Reply.Taken taken })
            return answer;
        var join = new NodeNetworks.Command.Join(network, taken.Vni, taken.Subnets, taken.Blocks,
            IsConfirmed: fold.State.DoubtfulNetworks.Contains(network));
        var context = new AskContext(CorrelationId.None, AskWithin);
        if (await host.AskAsync(NodeNetworks.Id(node.Options.NodeName), join, context) is not AskResult.Replied and var refused)
            return refused;
        foreach (var block in taken.Blocks)
        {
            var open = new AddressPool.Command.Open(block, taken.Subnets.First(s => s.Cidr.Contains(block)));
            if (await host.AskAsync(AddressPool.Id(network.Value, block.IsV6), open, context) is not AskResult.Replied and var closed)
                return closed;
        }
        await WhenFoldedAsync(cancellationToken);
        if (!IsUsable(network))
            return new AskResult.Unavailable($"network {network} is being joined");
        log.Info($"network {network}: {string.Join(", ", taken.Blocks)}");
        return null;
    }

    private async Task<AskResult> StoreAsync(
        Func<INetworkBlocks, CancellationToken, Task<AskResult>> ask, CancellationToken cancellationToken)
    {
        if (Blocks is not { } blocks)
            return new AskResult.Unavailable("the cluster store has not been reached since the agent's start");
        using var late = new CancellationTokenSource(StoreWithin, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await ask(blocks, ended.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new AskResult.Unavailable($"the cluster store did not answer within {StoreWithin.TotalSeconds:0} s");
        }
    }

    /// <summary>
    /// One at a time for each network: a claim that is being released must not be the one that an ADD has just been given anew.
    /// </summary>
    private async Task<T> InTurnAsync<T>(NetworkName network, Func<Task<T>> work)
    {
        while (_turns.TryGetValue(network, out var other))
            await other.Task;
        var turn = _turns[network] = new TaskCompletionSource();
        try
        {
            return await work();
        }
        finally
        {
            _turns.Remove(network);
            turn.SetResult();
        }
    }

    private void CloseTunnels()
    {
        foreach (var tunnel in fold.State.NetworkTunnels.Values.Where(t => !fold.State.Networks.ContainsKey(t.Network!.Value)))
        {
            host.Tell(Tunnel.Id(tunnel.Peer, tunnel.Network),
                new Tunnel.Command.Close(tunnel.Peer, "this node has left the network", tunnel.Network), CorrelationId.None);
        }
    }

    private async Task<bool> AskAsync(PersistenceId to, ICommand command)
    {
        var answer = await host.AskAsync(to, command, new AskContext(CorrelationId.None, AskWithin));
        Report(answer);
        return answer is AskResult.Replied;
    }

    /// <summary>What fails is tried again with each look; it is said once.</summary>
    private void Report(AskResult? answer)
    {
        var trouble = answer switch
        {
            AskResult.Rejected rejected => rejected.Reason.Message,
            AskResult.Unavailable unavailable => unavailable.Reason,
            _ => null,
        };
        if (trouble is not null && trouble != _trouble)
            log.Warn($"a virtual network's addresses: {trouble}; tried again");
        _trouble = trouble;
    }

    /// <summary>An ADD that is under way on a network.</summary>
    public sealed class Use(Action end) : IDisposable
    {
        private Action? _end = end;

        /// <summary>The network as this node has joined it.</summary>
        public NetworkEvent.NetworkJoined Joined { get; set; } = null!;

        /// <summary>The addresses that are this attachment's although they are outside the node's block.</summary>
        public ImmutableArray<IpAddress> Claimed { get; set; } = [];

        public void Dispose()
        {
            _end?.Invoke();
            _end = null;
        }
    }
}
