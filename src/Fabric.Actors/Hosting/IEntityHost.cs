using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>The seam: all that the world outside a host sees of the entities in it.</summary>
/// <remarks>
/// Who appends, and where, is the host's business. The promises are HostContract in the tests: order per sender, one command at
/// a time across an append, effects only after the append is acknowledged, conflicts and unknown outcomes settled.
/// </remarks>
public interface IEntityHost
{
    Task<AskResult> AskAsync(PersistenceId to, ICommand command, AskContext context);

    void Tell(PersistenceId to, ICommand command, CorrelationId correlation, Causation? causation = null);

    /// <summary>Recovers an entity without a command, so that it resumes what it had left unfinished.</summary>
    void Activate(PersistenceId id);
}
