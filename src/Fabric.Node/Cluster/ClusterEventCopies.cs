using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Copies cluster events into the node's journal before they are acted on, each at most once.</summary>
/// <remarks>
/// The copies are the mesh after a restart without the store, and the cluster's history as far back as this node's journal reaches.
/// </remarks>
public sealed class ClusterEventCopies(IEntityHost host, NodeFold fold, AgentLog log)
{
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(30);

    /// <returns>What follows from the event names as its cause; null if it had been copied before.</returns>
    public async Task<Causation?> CopyAsync(EventEnvelope envelope)
    {
        if (fold.State.Observed.GetValueOrDefault(envelope.Stream) >= envelope.SequenceNr)
            return null;
        using var payload = JsonDocument.Parse(envelope.Payload);
        var copy = new ClusterEventObserved(
            envelope.Stream, envelope.SequenceNr, envelope.Manifest, envelope.Hlc, payload.RootElement.Clone(),
            envelope.Event!.Describe());
        var context = new AskContext(envelope.Correlation, AskWithin, envelope.Causation, envelope.ObjectRef);
        var answer = await host.AskAsync(ClusterObserver.Id(envelope.Stream), new ClusterObserver.Observe(copy), context);
        if (answer is AskResult.Unavailable unavailable)
            log.Warn($"{envelope.Stream} #{envelope.SequenceNr} is acted on without a copy in the journal: {unavailable.Reason}");
        return new Causation(envelope.Stream, envelope.SequenceNr);
    }
}
