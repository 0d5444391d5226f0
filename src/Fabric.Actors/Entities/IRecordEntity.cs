using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>An entity whose stream records what happened outside; it can state its whole state after a gap.</summary>
public interface IRecordEntity<TState> : IEntity<TState>
    where TState : class
{
    /// <summary>The event that closes a gap in the stream: what is true now, since nobody can say how it came about.</summary>
    IEvent Gap(TState state, DateTimeOffset from, DateTimeOffset to, string reason);
}
