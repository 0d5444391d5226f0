using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Decides which events answer a query. Shown them in journal order, it learns which ports belong to a pod.</summary>
/// <remarks>Not safe for use by two threads at once.</remarks>
public sealed class EventFilter(EventQuery query, EventCatalog catalog)
{
    private const string PortKind = "port";

    private readonly HashSet<AttachmentId> _attachments = [];
    private readonly HashSet<CorrelationId> _correlations = [];

    /// <summary>Whether events must be shown from the journal's beginning: the answer depends on what was learnt before.</summary>
    public bool Learns => query.Pod is not null || query.Container is not null;

    /// <summary>Tells of an attachment whose request the journal may not hold any more.</summary>
    public void Know(AttachmentId attachment, PodRef? pod)
    {
        if (IsSubject(attachment, pod))
            _attachments.Add(attachment);
    }

    /// <summary>Learns from the event, and says whether it is asked for.</summary>
    public bool Matches(EventEnvelope e)
    {
        if (Learns && !MatchesSubject(e))
            return false;
        return (query.Entity is not { } entity || e.Stream == entity)
            && (query.Node is not { } node || Concerns(e, node))
            && (query.Correlation is not { } correlation || e.Correlation == correlation)
            && (query.Kind is not { } kind || IsKind(e, kind))
            && !IsBefore(e, query.Since)
            && !IsAfter(e, query.Until);
    }

    /// <summary>The HLC decides about times: it never goes back, while a stepped wall clock does.</summary>
    public static bool IsBefore(EventEnvelope e, EventBound? bound) =>
        bound is not null && (bound.Ordering is { } o ? e.Ordering < o : e.Hlc.Time < bound.Time);

    private static bool IsAfter(EventEnvelope e, EventBound? bound) =>
        bound is not null && (bound.Ordering is { } o ? e.Ordering > o : e.Hlc.Time > bound.Time);

    private bool Concerns(EventEnvelope e, NodeName node) => e.Stream.Kind switch
    {
        "tunnel" or "node" => e.Stream.Key == node.Value,
        "observed" => Decoded(e) is ClusterEventObserved { Payload: var payload }
            && payload.TryGetProperty("node", out var name) && name.ValueEquals(node.Value),
        _ => false,
    };

    private static bool IsKind(EventEnvelope e, string kind) =>
        e.Stream.Kind == kind
        || e.Manifest.Length > kind.Length && e.Manifest[kind.Length] == '/' && e.Manifest.StartsWith(kind, StringComparison.Ordinal);

    private bool MatchesSubject(EventEnvelope e)
    {
        if (e.Stream.Kind == PortKind && AttachmentId.TryParse(e.Stream.Key, null, out var port))
            return MatchesPort(e, port);
        // Pools and bridges name the attachment; what names none belongs to the request that caused it.
        return Decoded(e) switch
        {
            PoolEvent.AddressAllocated a => _attachments.Contains(a.Attachment),
            PoolEvent.AddressReleased a => _attachments.Contains(a.Attachment),
            BridgeEvent.OfPortTaken o => _attachments.Contains(o.Attachment),
            BridgeEvent.OfPortFreed o => _attachments.Contains(o.Attachment),
            _ => _correlations.Contains(e.Correlation),
        };
    }

    private bool MatchesPort(EventEnvelope e, AttachmentId port)
    {
        if (!_attachments.Contains(port))
        {
            var pod = query.Pod is not null && Decoded(e) is PortEvent.AttachmentRequested requested ? requested.Pod : null;
            if (!IsSubject(port, pod))
                return false;
            _attachments.Add(port);
        }
        if (e.Correlation != CorrelationId.None)
            _correlations.Add(e.Correlation);
        return true;
    }

    private bool IsSubject(AttachmentId attachment, PodRef? pod) =>
        (query.Pod is null || pod?.ToString() == query.Pod)
        && (query.Container is not { } container || attachment.Container.Value.StartsWith(container, StringComparison.Ordinal));

    private IEvent? Decoded(EventEnvelope e) =>
        e.Event ?? (catalog.TryDecode(e.Manifest, e.Payload.Span, out var decoded) ? decoded : null);
}
