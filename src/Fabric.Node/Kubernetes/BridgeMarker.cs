using System.Collections.Immutable;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>Keeps the Node's resources in step with the bridges of Open vSwitch: at each change of either, at once.</summary>
/// <remarks>
/// Nothing is written that is there already. A resource that somebody takes away comes back at once the first few times; against
/// somebody who goes on, ever more slowly. Stopping leaves the resources as they are. Made and used on the event loop.
/// </remarks>
/// <param name="observed">The Node as last seen; null while it has not been seen, or does not exist.</param>
/// <param name="bridges">The bridges' names; null while they are not known, and then nothing is written.</param>
public sealed class BridgeMarker(
    IKubernetesApi api, NodeName node, BridgeResources resources, Func<NodeObject?> observed, Func<ImmutableSortedSet<string>?> bridges,
    TimeProvider time, AgentLog log)
{
    /// <summary>So many times a resource that somebody changed is put right at once.</summary>
    private const int PromptRepairs = 3;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>Somebody who has left the resources alone for so long has given up.</summary>
    private static readonly TimeSpan Peace = TimeSpan.FromMinutes(5);

    private readonly AsyncSignal _wake = new();
    private readonly HashSet<string> _unnameable = new(StringComparer.Ordinal);
    private ImmutableSortedSet<string>? _markedFor;
    private (NodeObject Before, NodeObject After)? _written;
    private TimeSpan _notBefore;
    private TimeSpan _lastRepair;
    private int _repairs;
    private int _failures;
    private string? _fault;

    /// <summary>To be called on the loop when the Node or the bridges have changed.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Takes all bridges off a Node's resources: what is left to do when Fabric is taken off a machine.</summary>
    /// <exception cref="KubernetesException">They may still be there.</exception>
    public static async Task RemoveAllAsync(IKubernetesApi api, NodeName node, BridgeResources resources, CancellationToken cancellationToken)
    {
        var seen = await api.GetAsync(NodeObject.Resource, null, node.Value, cancellationToken);
        if (resources.Difference(seen, []) is { IsEmpty: false } difference)
            await api.PatchAsync(NodeObject.Resource, null, node.Value, BridgeResources.PatchOf(difference), "status", cancellationToken);
    }

    /// <summary>Keeps them in step until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Difference() is not { IsEmpty: false } difference)
                await _wake.WaitAsync(cancellationToken);
            else if (DueIn() is { } wait)
                await WaitAsync(wait, cancellationToken);
            else
                await WriteAsync(difference, cancellationToken);
        }
    }

    private ImmutableSortedDictionary<string, string?>? Difference()
    {
        if (observed() is not { } seen || bridges() is not { } names)
            return null;
        foreach (var name in names.Where(n => !BridgeResources.CanBeNamed(n)))
        {
            if (_unnameable.Add(name))
                log.Warn($"bridge {name} is no resource of this node: Kubernetes has no resources of such a name; rename it if pods need it");
        }
        // The watch may not have brought the last write yet.
        return resources.Difference(_written is { } last && ReferenceEquals(seen, last.Before) ? last.After : seen, names);
    }

    /// <returns>Null: now.</returns>
    private TimeSpan? DueIn()
    {
        var now = Now();
        var due = _notBefore;
        if (IsRepair() && now - _lastRepair < Peace && _repairs >= PromptRepairs)
        {
            var pause = TimeSpan.FromSeconds(1 << Math.Min(_repairs - PromptRepairs, 6));
            due = TimeSpan.FromTicks(Math.Max(due.Ticks, (_lastRepair + (pause < LongestWait ? pause : LongestWait)).Ticks));
        }
        return due > now ? due - now : null;
    }

    /// <summary>No bridge came or went since the last write: somebody else changed the resources.</summary>
    private bool IsRepair() => _markedFor is { } before && before.SetEquals(bridges()!);

    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is due.
        }
    }

    private async Task WriteAsync(ImmutableSortedDictionary<string, string?> difference, CancellationToken cancellationToken)
    {
        var seen = observed()!;
        var names = bridges()!;
        if (IsRepair())
        {
            _repairs = Now() - _lastRepair < Peace ? _repairs + 1 : 1;
            _lastRepair = Now();
        }
        try
        {
            var after = await api.PatchAsync(
                NodeObject.Resource, null, node.Value, BridgeResources.PatchOf(difference), "status", cancellationToken);
            _written = (seen, after);
            _markedFor = names;
            _failures = 0;
            _fault = null;
            log.Info($"resources of node {node}: {string.Join(", ", difference.Select(d => $"{d.Key} {(d.Value is { } v ? $"= {v}" : "removed")}"))}");
        }
        catch (KubernetesException e)
        {
            if (_fault != e.Message)
                log.Warn($"the bridges could not be written to the resources of node {node}, it is tried again: {e.Message}");
            _fault = e.Message;
            var pause = e.RetryAfter ?? TimeSpan.FromSeconds(1 << Math.Min(_failures++, 6));
            _notBefore = Now() + (pause < LongestWait ? pause : LongestWait);
        }
    }

    private TimeSpan Now() => time.GetElapsedTime(0);
}
