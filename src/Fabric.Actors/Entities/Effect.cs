using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>
/// Something to do once an event is in the journal: data, carried out by the host. It may be carried out twice, and what comes
/// of it returns to the entity as a command.
/// </summary>
public abstract record Effect
{
    private Effect()
    {
    }

    /// <summary>Answers every asker that waits for <paramref name="Topic"/>. No asker left is normal.</summary>
    public sealed record Answer(string Topic, IReply Reply) : Effect;

    /// <summary>Rejects every asker that waits for <paramref name="Topic"/>.</summary>
    public sealed record Refuse(string Topic, Rejection Reason) : Effect;

    /// <summary>Asks another entity. The outcome returns as <see cref="AskOutcome"/> with the same attempt number.</summary>
    public sealed record Ask(PersistenceId To, ICommand Command, int Attempt) : Effect;

    /// <summary>Sends a command without wanting an outcome.</summary>
    public sealed record Tell(PersistenceId To, ICommand Command) : Effect;

    /// <summary>Sends <paramref name="Command"/> to this entity after <paramref name="Due"/>; replaces a timer of the same key.</summary>
    public sealed record StartTimer(string Key, TimeSpan Due, ICommand Command) : Effect;

    public sealed record CancelTimer(string Key) : Effect;

    /// <summary>A call to the world outside (kernel, Open vSwitch). The driver sends the outcome back as a command.</summary>
    public sealed record Drive(IDriverCall Call) : Effect;
}
