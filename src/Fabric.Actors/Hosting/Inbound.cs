using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>A command in a mailbox.</summary>
internal sealed record Inbound(
    ICommand? Command, CorrelationId Correlation, Causation? Causation, ObjectRef? ObjectRef, IAsker Asker);
