using System.Text;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Nodes with agents on one underlay, started once for a class of tests.</summary>
public abstract class EndToEndLab(int nodeCount, params (string Name, string Value)[] options) : IAsyncLifetime
{
    private readonly List<EndToEndNode> _nodes = [];
    private LabUnderlay? _underlay;
    private string? _folder;

    public IReadOnlyList<EndToEndNode> Nodes => _nodes;

    public EndToEndNode First => _nodes[0];

    public EndToEndNode Second => _nodes[1];

    public EndToEndNode Third => _nodes[2];

    public LabUnderlay Underlay => _underlay!;

    /// <summary>Whether the nodes' underlay is IPv6; they have IPv4 addresses too, which their agents are not told of.</summary>
    public bool HasIpv6Underlay { get; init; }

    /// <summary>The reason to skip the tests, or null.</summary>
    protected virtual string? Missing => LabRequirements.Missing;

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        _underlay = LabUnderlay.Create(ipv6: HasIpv6Underlay);
        StartStore(_underlay);
        _folder = Directory.CreateTempSubdirectory("fab-t-cluster").FullName;
        for (var i = 0; i < nodeCount; i++)
            _nodes.Add(NewNode());
        foreach (var node in _nodes)
            node.Launch();
        await Task.WhenAll(_nodes.Select(n => n.WaitUntilReadyAsync()));
        await PrepareAsync();
    }

    /// <summary>One more node of the same cluster, its agent not started; the caller disposes it.</summary>
    public EndToEndNode NewNode()
    {
        var node = new EndToEndNode(_underlay!, _folder!, options.ToDictionary(o => o.Name, o => o.Value));
        Prepare(node);
        return node;
    }

    public Task DisposeAsync()
    {
        Unprepare();
        foreach (var node in _nodes)
            node.Dispose();
        StopStore();
        _underlay?.Dispose();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Starts the cluster's store where it is no file, before there are nodes.</summary>
    protected virtual void StartStore(LabUnderlay underlay)
    {
    }

    /// <summary>What a node's machine needs before its agent starts.</summary>
    protected virtual void Prepare(EndToEndNode node)
    {
    }

    protected virtual void StopStore()
    {
    }

    /// <summary>Makes what all tests of the class share, once the nodes are ready.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Removes what <see cref="PrepareAsync"/> made, or as much of it as there is.</summary>
    protected virtual void Unprepare()
    {
    }

    /// <summary>Runs a test's body; its failure tells what the agents logged meanwhile.</summary>
    public async Task TestAsync(Func<Task> body)
    {
        Skip.If(Missing is not null, Missing);
        var before = _nodes.ToDictionary(n => n, n => n.Log.Length);
        try
        {
            await body();
        }
        catch (Exception e) when (e is not SkipException)
        {
            var text = new StringBuilder(e.Message);
            foreach (var node in _nodes)
            {
                var log = node.Log;
                var from = Math.Min(before.GetValueOrDefault(node), log.Length);
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n--- agent of {node.Lab.Name} ---\n").Append(log.AsSpan(from));
            }
            throw new EndToEndException(text.ToString(), e);
        }
    }
}
