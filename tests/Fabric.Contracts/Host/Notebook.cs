using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>The contract's record entity: writes down what it is told.</summary>
public sealed class Notebook : IRecordEntity<NotebookState>
{
    public static PersistenceId Id(string key) => new("notebook", key);

    public string Kind => "notebook";

    public StreamKind StreamKind => StreamKind.Record;

    public string StateManifest => "notebook-state/1";

    public JsonTypeInfo<NotebookState> StateJson => TallyJson.Default.NotebookState;

    public NotebookState Initial { get; } = new([]);

    public Decision Decide(NotebookState state, ICommand command, DateTimeOffset at) => command switch
    {
        TallyCommand.Note note => Decision.Accept(new TallyEvent.Noted(note.Text)),
        _ => throw new UnreachableException(command.ToString()),
    };

    public NotebookState Evolve(NotebookState state, IEvent e) => e switch
    {
        TallyEvent.Noted noted => new NotebookState(state.Notes.Add(noted.Text)),
        TallyEvent.NothingKnown gap => new NotebookState(gap.Notes),
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(NotebookState state, IEvent e) =>
        e is TallyEvent.Noted noted ? [new Effect.Drive(new TallyCall(noted.Text))] : [];

    public IEnumerable<Effect> Resume(NotebookState state) => [];

    public IEvent Gap(NotebookState state, DateTimeOffset from, DateTimeOffset to, string reason) =>
        new TallyEvent.NothingKnown(from, to, reason, state.Notes);
}
