using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>The three ends of an ask.</summary>
public abstract record AskResult
{
    private AskResult()
    {
    }

    /// <summary>Accepted, and what it changed is in the journal.</summary>
    public sealed record Replied(IReply? Reply) : AskResult;

    /// <summary>Declined by the entity; nothing has changed.</summary>
    public sealed record Rejected(Rejection Reason) : AskResult;

    /// <summary>Not known: deadline passed, journal not writable, entity stopped. It may have happened: ask again.</summary>
    public sealed record Unavailable(string Reason) : AskResult;
}
