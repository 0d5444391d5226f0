using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>What an entity makes of a command.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>The events to append, perhaps none, and the answer that the asker gets once they are in the journal.</summary>
    public sealed record Accepted(ImmutableArray<IEvent> Events, IReply? Reply = null) : Decision;

    /// <summary>
    /// The events to append; the answer comes later, with the <see cref="Effect.Answer"/> or <see cref="Effect.Refuse"/> that
    /// names the same topic. Every asker that waits for the topic then gets it.
    /// </summary>
    public sealed record Waiting(ImmutableArray<IEvent> Events, string Topic) : Decision;

    /// <summary>Declined: nothing is appended.</summary>
    public sealed record Rejected(Rejection Reason) : Decision;

    public static Decision Nothing { get; } = new Accepted([]);

    public static Decision Accept(params ReadOnlySpan<IEvent> events) => new Accepted([.. events]);

    public static Decision AcceptAndReply(IReply reply, params ReadOnlySpan<IEvent> events) => new Accepted([.. events], reply);

    public static Decision WaitFor(string topic, params ReadOnlySpan<IEvent> events) => new Waiting([.. events], topic);

    public static Decision Reject(string code, string message) => new Rejected(new Rejection(code, message));
}
