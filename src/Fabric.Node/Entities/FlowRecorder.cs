using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Records what was programmed on a bridge: the state is the set of flows that is in Open vSwitch, by text id.</summary>
public sealed class FlowRecorder : IRecordEntity<FlowRecorder.State>
{
    public const string PersistenceKind = "flow";

    public static PersistenceId Id(string bridge) => new(PersistenceKind, bridge);

    /// <summary>Something that was done or found; already true when it arrives.</summary>
    public sealed record Record(FlowEvent Event) : ICommand;

    public sealed record State(ImmutableSortedSet<long> Programmed)
    {
        /// <summary>
        /// The texts of the programmed flows, as far as they came with events and not from the journal, which has them: should the
        /// event that brought one not be recorded, the gap's end brings it.
        /// </summary>
        [JsonIgnore]
        public ImmutableSortedDictionary<long, string> Texts { get; init; } = ImmutableSortedDictionary<long, string>.Empty;
    }

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Record;

    public string StateManifest => "flow-state/1";

    public JsonTypeInfo<State> StateJson => NodeStateJson.Default.FlowRecorderState;

    public State Initial { get; } = new(ImmutableSortedSet<long>.Empty);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Record record => Decision.Accept(record.Event),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        FlowEvent.FlowsChanged changed => new State(state.Programmed.Except(changed.Removed).Union(changed.Added))
        {
            Texts = state.Texts.RemoveRange(changed.Removed).SetItems(changed.Texts.Select(t => KeyValuePair.Create(t.Id, t.Text))),
        },
        FlowEvent.HistoryGap gap => state with { Programmed = [.. gap.Programmed] },
        FlowEvent.FlowsReprogrammed or FlowEvent.DriftFound or FlowEvent.ForeignGroupsFound or FlowEvent.ForeignPortsFound => state,
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    public IEvent Gap(State state, DateTimeOffset from, DateTimeOffset to, string reason) =>
        new FlowEvent.HistoryGap(from, to, reason, [.. state.Programmed])
        {
            Texts = [.. state.Texts.Where(t => state.Programmed.Contains(t.Key)).Select(t => (t.Key, t.Value))],
        };
}
