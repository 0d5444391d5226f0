using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>A driver call with whom to answer and what caused it.</summary>
/// <param name="Ordering">The causing event's place in the node journal; what is desired is known once the fold has reached it.</param>
public sealed record DriverRequest(PersistenceId From, IDriverCall Call, CorrelationId Correlation, Causation? Causation, long Ordering);
