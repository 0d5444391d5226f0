using System.Collections.Immutable;
using System.Globalization;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Node objects that a test makes and deletes; what followers see may be older than what a reading gives.</summary>
internal sealed class NodeObjects : INodeObjects
{
    private ImmutableSortedDictionary<NodeName, NodeSighting> _stored = ImmutableSortedDictionary<NodeName, NodeSighting>.Empty;
    private ImmutableSortedDictionary<NodeName, NodeSighting>? _seen;
    private int _made;

    public ChangeSignal Changed { get; } = new();

    /// <summary>Whether the API answers.</summary>
    public bool IsReachable { get; set; } = true;

    /// <summary>Whether followers hear of what is done.</summary>
    public bool IsHeard { get; set; } = true;

    public string? UidOf(NodeName node) => _stored.GetValueOrDefault(node)?.ObjectUid;

    public void Put(NodeName node, params string[] podCidrs)
    {
        var uid = UidOf(node) ?? string.Create(CultureInfo.InvariantCulture, $"object-{++_made}");
        Become(_stored.SetItem(node, new NodeSighting(node, uid, [.. podCidrs.Select(c => Cidr.Parse(c))])));
    }

    public void Delete(NodeName node) => Become(_stored.Remove(node));

    public ImmutableSortedDictionary<NodeName, NodeSighting>? Look() => _seen;

    public Task<bool?> IsDeletedAsync(NodeName node, string objectUid, CancellationToken cancellationToken) =>
        Task.FromResult<bool?>(IsReachable ? UidOf(node) != objectUid : null);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Hear();
        try
        {
            await new ChangeSignal().WaitAsync(0, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _seen = null;
        }
    }

    public void Hear()
    {
        _seen = _stored;
        Changed.Raise();
    }

    private void Become(ImmutableSortedDictionary<NodeName, NodeSighting> stored)
    {
        _stored = stored;
        if (IsHeard)
            Hear();
    }
}
