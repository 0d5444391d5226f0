using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>The contract's decision entity: adds up amounts, each key once, and has every kind of effect.</summary>
/// <param name="decided">Told of every command that is decided, since a test can't see inside a host.</param>
public sealed class Tally(Action<ICommand> decided) : IEntity<TallyState>
{
    public const string OpeningTopic = "opening";

    public static PersistenceId Id(string key) => new("tally", key);

    public string Kind => "tally";

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "tally-state/1";

    public JsonTypeInfo<TallyState> StateJson => TallyJson.Default.TallyState;

    public TallyState Initial => TallyState.Empty;

    public Decision Decide(TallyState state, ICommand command, DateTimeOffset at)
    {
        decided(command);
        return command switch
        {
            TallyCommand.Add add when state.Keys.Contains(add.Key) => Decision.AcceptAndReply(new TallyReply(state)),
            TallyCommand.Add add => Added(state, new TallyEvent.Added(add.Key, add.Amount)),
            TallyCommand.AddSeveral several => Added(state, [.. several.Keys.Select(k => new TallyEvent.Added(k, 1))]),
            TallyCommand.Promise promise => Added(state, new TallyEvent.Promised(promise.Key)),
            TallyCommand.Name name => Added(state, new TallyEvent.Named([name.Id]) { Texts = [(name.Id, name.Text)] }),
            TallyCommand.Read => Decision.AcceptAndReply(new TallyReply(state)),
            TallyCommand.Decline => Decision.Reject("declined", "this is never accepted"),
            TallyCommand.AwaitOpening when state.IsOpen => Decision.AcceptAndReply(new TallyReply(state)),
            TallyCommand.AwaitOpening => Decision.WaitFor(OpeningTopic),
            TallyCommand.Open => Added(state, new TallyEvent.Opened()),
            TallyCommand.Close => Added(state, new TallyEvent.Closed()),
            TallyCommand.AskPeer ask => Added(state, new TallyEvent.PeerAsked(ask.Peer, ask.Key, ask.Attempt)),
            AskOutcome outcome => Added(state, new TallyEvent.PeerAnswered(outcome.Attempt, outcome.Result.GetType().Name)),
            TallyCommand.SetTimer timer => Added(state, new TallyEvent.TimerSet(timer.Key, timer.Due)),
            TallyCommand.CancelTimer timer => Added(state, new TallyEvent.TimerCancelled(timer.Key)),
            TallyCommand.Ring ring => Added(state, new TallyEvent.TimerRang(ring.Key)),
            TallyCommand.Drive drive => Added(state, new TallyEvent.Driven(drive.What)),
            TallyCommand.BreakDeciding => throw new InvariantBrokenException("broken while deciding"),
            TallyCommand.BreakReacting => Added(state, new TallyEvent.BrokeReacting()),
            TallyCommand.Poison => Added(state, new TallyEvent.Poisoned()),
            _ => throw new UnreachableException(command.ToString()),
        };
    }

    public TallyState Evolve(TallyState state, IEvent e) => e switch
    {
        TallyEvent.Added added => state with { Total = state.Total + added.Amount, Keys = state.Keys.Add(added.Key) },
        TallyEvent.Promised promised => state with { Keys = state.Keys.Add(promised.Key) },
        TallyEvent.Opened => state with { IsOpen = true },
        TallyEvent.Closed => state with { IsOpen = false },
        TallyEvent.PeerAnswered answered => state with { Heard = state.Heard.Add($"peer {answered.Attempt} {answered.Outcome}") },
        TallyEvent.TimerRang rang => state with { Heard = state.Heard.Add($"timer {rang.Key}") },
        TallyEvent.Poisoned => throw new InvariantBrokenException("poisoned"),
        _ => state,
    };

    public IEnumerable<Effect> React(TallyState state, IEvent e) => e switch
    {
        TallyEvent.Opened => [new Effect.Answer(OpeningTopic, new TallyReply(state))],
        TallyEvent.Closed => [new Effect.Refuse(OpeningTopic, new Rejection("closed", "it is closed"))],
        TallyEvent.PeerAsked asked => [new Effect.Ask(asked.Peer, new TallyCommand.Add(asked.Key), asked.Attempt)],
        TallyEvent.TimerSet timer => [new Effect.StartTimer(timer.Key, timer.Due, new TallyCommand.Ring(timer.Key))],
        TallyEvent.TimerCancelled timer => [new Effect.CancelTimer(timer.Key)],
        TallyEvent.Driven driven => [new Effect.Drive(new TallyCall(driven.What))],
        TallyEvent.BrokeReacting => throw new InvariantBrokenException("broken while reacting"),
        _ => [],
    };

    public IEnumerable<Effect> Resume(TallyState state) => [new Effect.Drive(new TallyCall($"resumed at {state.Total}"))];

    private Decision Added(TallyState state, params ReadOnlySpan<IEvent> events)
    {
        var after = state;
        foreach (var e in events)
            after = e is TallyEvent.Poisoned ? after : Evolve(after, e);
        return Decision.AcceptAndReply(new TallyReply(after), events);
    }
}
