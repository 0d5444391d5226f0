using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>
/// Runs entities on one event loop: a mailbox each, the step for one command at a time, supervision, timers, passivation.
/// </summary>
/// <remarks>
/// Every member must be called on the loop that the host was made on, except where its text says otherwise. The loop decides what
/// kind of host this is: on an <see cref="EventLoop"/> it is the local host, on the simulation's loop the simulated one.
/// </remarks>
public sealed class EntityHost : IEntityHost, IDisposable
{
    private readonly Dictionary<string, Func<PersistenceId, IEntityCell>> _kinds = new(StringComparer.Ordinal);
    private readonly SortedDictionary<PersistenceId, IEntityCell> _cells = [];
    private readonly Deadlines _deadlines;
    private readonly ITimer _passivation;
    private long _commits;
    private bool _disposed;

    public EntityHost(HostOptions options, EventCatalog catalog, HlcClock clock, TimeProvider time, IHostObserver observer)
    {
        Options = options;
        Catalog = catalog;
        Clock = clock;
        Time = time;
        Observer = observer;
        Loop = SynchronizationContext.Current
            ?? throw new InvalidOperationException("an entity host is made on the event loop that it is to run on");
        _deadlines = new Deadlines(time, Loop);
        _passivation = time.CreateTimer(
            static self => ((EntityHost)self!).Loop.Post(static host => ((EntityHost)host!).Passivate(), self),
            this, options.PassivateAfter / 2, options.PassivateAfter / 2);
    }

    internal HostOptions Options { get; }

    internal EventCatalog Catalog { get; }

    internal HlcClock Clock { get; }

    internal TimeProvider Time { get; }

    internal IHostObserver Observer { get; }

    internal SynchronizationContext Loop { get; }

    /// <summary>Carries out driver calls. Set once, before the first command.</summary>
    public IDriver? Driver { get; set; }

    /// <summary>How many entities are in memory.</summary>
    public int ActiveEntities => _cells.Count;

    /// <summary>The deepest mailbox now.</summary>
    public int DeepestMailbox => _cells.Values.Select(c => c.MailboxDepth).DefaultIfEmpty().Max();

    /// <summary>Makes a kind of entity known, with the journal that its streams live in.</summary>
    public void Register<TState>(IEntity<TState> entity, IJournal journal)
        where TState : class =>
        _kinds.Add(entity.Kind, id => new EntityCell<TState>(this, entity, journal, id));

    public Task<AskResult> AskAsync(PersistenceId to, ICommand command, AskContext context)
    {
        var asker = new TaskAsker();
        Ask(to, command, context, asker);
        return asker.Task;
    }

    public void Tell(PersistenceId to, ICommand command, CorrelationId correlation, Causation? causation = null) =>
        Deliver(to, new Inbound(command, correlation, causation, null, NobodyAsks.Instance));

    /// <summary>Whether entities of the id's kind are registered here.</summary>
    public bool Knows(PersistenceId id) => _kinds.ContainsKey(id.Kind);

    public void Activate(PersistenceId id) =>
        Deliver(id, new Inbound(null, CorrelationId.None, null, null, NobodyAsks.Instance));

    internal void Ask(PersistenceId to, ICommand command, AskContext context, IAsker asker)
    {
        _deadlines.Add(asker, context.Deadline, to.Value);
        Deliver(to, new Inbound(command, context.Correlation, context.Causation, context.ObjectRef, asker));
    }

    /// <summary>Puts a command into an entity's mailbox; the entity comes into memory if it is not there.</summary>
    internal void Deliver(PersistenceId to, Inbound inbound)
    {
        // A host that has ended takes nothing up again: its cells' last words would start new ones.
        if (_disposed)
            inbound.Asker.End(new AskResult.Unavailable("the host has ended"));
        else
            CellOf(to).Enqueue(inbound);
    }

    internal CommitId NextCommitId() => new(Options.Writer, Options.Incarnation, ++_commits);

    private IEntityCell CellOf(PersistenceId id)
    {
        if (_cells.TryGetValue(id, out var cell))
            return cell;
        if (!_kinds.TryGetValue(id.Kind, out var make))
            throw new ArgumentException($"no entity of kind '{id.Kind}' is registered", nameof(id));
        return _cells[id] = make(id);
    }

    private void Passivate()
    {
        foreach (var (id, cell) in _cells.Where(c => c.Value.MayPassivate(Options.PassivateAfter)).ToArray())
        {
            _cells.Remove(id);
            // Compaction drops only what a snapshot covers, and most streams are too short for one of their own accord.
            cell.LeaveSnapshot();
            cell.Dispose();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _passivation.Dispose();
        _deadlines.Dispose();
        foreach (var cell in _cells.Values)
            cell.Dispose();
        _cells.Clear();
    }
}
