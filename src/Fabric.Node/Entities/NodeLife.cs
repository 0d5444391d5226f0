using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Records the agent's own life: starts, stops, boots, clock steps, outages of Open vSwitch.</summary>
public sealed class NodeLife : IRecordEntity<NodeLife.State>
{
    public const string PersistenceKind = "node";

    public static PersistenceId Id(NodeName node) => new(PersistenceKind, node.Value);

    public sealed record Record(NodeEvent Event) : ICommand;

    public sealed record State(string? BootId, long Incarnation);

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Record;

    public string StateManifest => "node-life/1";

    public JsonTypeInfo<State> StateJson => NodeStateJson.Default.NodeLifeState;

    public State Initial { get; } = new(null, 0);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Record record => Decision.Accept(record.Event),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) =>
        e is NodeEvent.AgentStarted started ? new State(started.BootId, started.Incarnation) : state;

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    public IEvent Gap(State state, DateTimeOffset from, DateTimeOffset to, string reason) =>
        new NodeEvent.HistoryMissing(from, to, reason);
}
