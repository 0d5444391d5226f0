using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Copies one cluster stream into the node's journal: each event at most once, in order.</summary>
public sealed class ClusterObserver : IEntity<ClusterObserver.State>
{
    public const string PersistenceKind = "observed";

    public static PersistenceId Id(PersistenceId source) => new(PersistenceKind, source.Value);

    public sealed record Observe(ClusterEventObserved Event) : ICommand;

    /// <param name="Watermark">The newest event that was copied.</param>
    public sealed record State(long Watermark);

    public sealed record Observed(long Watermark) : IReply;

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "observer-state/1";

    public JsonTypeInfo<State> StateJson => NodeStateJson.Default.ClusterObserverState;

    public State Initial { get; } = new(0);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Observe observe when observe.Event.SequenceNr <= state.Watermark => Decision.AcceptAndReply(new Observed(state.Watermark)),
        Observe observe => Decision.AcceptAndReply(new Observed(observe.Event.SequenceNr), observe.Event),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        ClusterEventObserved observed => new State(observed.SequenceNr),
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];
}
