using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>Where a command comes from and how long its asker waits.</summary>
/// <param name="Deadline">After it the asker gets <see cref="AskResult.Unavailable"/>; the command may still be carried out.</param>
public sealed record AskContext(CorrelationId Correlation, TimeSpan Deadline, Causation? Causation = null, ObjectRef? ObjectRef = null);
