using System.Text.Json.Serialization.Metadata;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>An event-sourced entity: five pure functions over a state.</summary>
/// <remarks>
/// No function takes a clock, a random number, a new id or I/O; time arrives with the command. The host runs the step
/// decide → append → evolve → react for one command at a time, also across the append. Instances hold no state of their own and
/// are shared by all entities of their kind.
/// </remarks>
public interface IEntity<TState>
    where TState : class
{
    /// <summary>The first part of the persistence id, for example <c>port</c>.</summary>
    string Kind { get; }

    StreamKind StreamKind { get; }

    /// <summary>The manifest of a stored state, for example <c>port-state/1</c>.</summary>
    string StateManifest { get; }

    JsonTypeInfo<TState> StateJson { get; }

    TState Initial { get; }

    /// <summary>Judges a command. A repeated command yields no events and the earlier answer.</summary>
    /// <param name="at">The wall clock when the command arrived.</param>
    Decision Decide(TState state, ICommand command, DateTimeOffset at);

    /// <summary>Applies an event; total over this entity's events, and never validates.</summary>
    TState Evolve(TState state, IEvent e);

    /// <summary>What to do after <paramref name="e"/> was appended; live only, never in replay.</summary>
    IEnumerable<Effect> React(TState state, IEvent e);

    /// <summary>What to do once after recovery: unfinished steps and timers.</summary>
    IEnumerable<Effect> Resume(TState state);
}
