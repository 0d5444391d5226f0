using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>The events of the contract's own entities.</summary>
public abstract record TallyEvent : IEvent
{
    private TallyEvent()
    {
    }

    public string Describe() => ToString();

    public sealed record Added(string Key, int Amount) : TallyEvent;

    /// <summary>The cluster acts on it.</summary>
    public sealed record Promised(string Key) : TallyEvent, ISyncedEvent;

    public sealed record Named(ImmutableArray<long> Ids) : TallyEvent, IInterningEvent
    {
        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts { get; init; } = [];
    }

    public sealed record Opened : TallyEvent;

    public sealed record Closed : TallyEvent;

    public sealed record PeerAsked(PersistenceId Peer, string Key, int Attempt) : TallyEvent;

    public sealed record PeerAnswered(int Attempt, string Outcome) : TallyEvent;

    public sealed record TimerSet(string Key, TimeSpan Due) : TallyEvent;

    public sealed record TimerCancelled(string Key) : TallyEvent;

    public sealed record TimerRang(string Key) : TallyEvent;

    public sealed record Driven(string What) : TallyEvent;

    /// <summary>Reacting to it throws.</summary>
    public sealed record BrokeReacting : TallyEvent;

    /// <summary>Folding it throws, each time.</summary>
    public sealed record Poisoned : TallyEvent;

    public sealed record Noted(string Text) : TallyEvent;

    public sealed record NothingKnown(DateTimeOffset From, DateTimeOffset To, string Reason, ImmutableArray<string> Notes) : TallyEvent;
}
