using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>The commands of the contract's own entities.</summary>
public abstract record TallyCommand : ICommand
{
    private TallyCommand()
    {
    }

    /// <summary>Adds once for each key; a repeat changes nothing.</summary>
    public sealed record Add(string Key, int Amount = 1) : TallyCommand;

    public sealed record AddSeveral(params string[] Keys) : TallyCommand;

    public sealed record Promise(string Key) : TallyCommand;

    public sealed record Name(long Id, string Text) : TallyCommand;

    public sealed record Read : TallyCommand;

    public sealed record Decline : TallyCommand;

    /// <summary>Answered once the tally is opened, refused once it is closed.</summary>
    public sealed record AwaitOpening : TallyCommand;

    public sealed record Open : TallyCommand;

    public sealed record Close : TallyCommand;

    public sealed record AskPeer(PersistenceId Peer, string Key, int Attempt) : TallyCommand;

    public sealed record SetTimer(string Key, TimeSpan Due) : TallyCommand;

    public sealed record CancelTimer(string Key) : TallyCommand;

    public sealed record Ring(string Key) : TallyCommand;

    public sealed record Drive(string What) : TallyCommand;

    public sealed record BreakDeciding : TallyCommand;

    public sealed record BreakReacting : TallyCommand;

    public sealed record Poison : TallyCommand;

    public sealed record Note(string Text) : TallyCommand;
}

/// <summary>What a tally answers: its state.</summary>
public sealed record TallyReply(TallyState State) : IReply;

/// <summary>A call that the contract's driver writes down.</summary>
public sealed record TallyCall(string What) : IDriverCall;
