using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>The fold over every append that is or was on a disk, decoded from its bytes; each event is applied once, in order.</summary>
/// <remarks>Compaction may have dropped the beginning from the disk, so it is taken from what was written.</remarks>
internal sealed class JournalReplay
{
    private readonly List<EventEnvelope> _ahead = [];
    private NodeState _state = NodeState.Initial;
    private (NodeState Ours, NodeState Theirs)? _same;
    private long _ordering;

    public void Add(Append append) => _ahead.AddRange(append.Events);

    /// <summary>Why what an agent holds in memory is not what its journal says to anybody who reads it, or null.</summary>
    public string? WhyNotSame(NodeState held)
    {
        foreach (var envelope in _ahead)
        {
            if (!NodeEvents.Catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e))
                return $"{envelope.Manifest} can't be read";
            _state = _state.Apply(envelope with { Ordering = ++_ordering }, e);
        }
        _ahead.Clear();
        // Neither changes in place, and most looks find both as they were.
        if (_same is { } same && ReferenceEquals(same.Ours, _state) && ReferenceEquals(same.Theirs, held))
            return null;
        var (ours, theirs) = (Json(_state), Json(held));
        if (ours != theirs)
            return $"the fold differs from the journal:\n{theirs}\n{ours}";
        _same = (_state, held);
        return null;
    }

    private static string Json(NodeState state) => JsonSerializer.Serialize(state, NodeStateJson.Default.NodeState);
}
