using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>Carries out one entity's effects: waiting askers, timers, asks and driver calls.</summary>
internal sealed class EntityEffects(EntityHost host, PersistenceId id)
{
    private readonly SortedDictionary<string, List<IAsker>> _waiters = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ITimer> _timers = new(StringComparer.Ordinal);
    private bool _ended;

    // Not a command of the entity: it only wakes the cell, which then tries to close its gap.
    private const string WakeKey = "\0wake";

    public bool HasTimersOrWaiters
    {
        get
        {
            foreach (var topic in _waiters.Where(w => w.Value.TrueForAll(a => a.IsDone)).Select(w => w.Key).ToArray())
                _waiters.Remove(topic);
            return _waiters.Count > 0 || _timers.Count > 0;
        }
    }

    public void Wait(string topic, IAsker asker)
    {
        if (_ended)
            asker.End(new AskResult.Unavailable($"{id} was stopped"));
        if (asker.IsDone)
            return;
        if (!_waiters.TryGetValue(topic, out var askers))
            _waiters[topic] = askers = [];
        askers.RemoveAll(a => a.IsDone);
        askers.Add(asker);
    }

    public void Run(IEnumerable<Effect> effects, CorrelationId correlation, Causation? causation, long ordering)
    {
        // What is not done now is done by the next host's Resume.
        if (_ended)
            return;
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case Effect.Answer answer:
                    End(answer.Topic, new AskResult.Replied(answer.Reply));
                    break;
                case Effect.Refuse refuse:
                    End(refuse.Topic, new AskResult.Rejected(refuse.Reason));
                    break;
                case Effect.Ask ask:
                    // By way of the host: this cell may be passivated before the outcome is there.
                    var asker = new EntityAsker(result => host.Deliver(id,
                        new Inbound(new AskOutcome(ask.To, ask.Attempt, result), correlation, causation, null, NobodyAsks.Instance)));
                    host.Ask(ask.To, ask.Command, new AskContext(correlation, host.Options.InternalAskDeadline, causation), asker);
                    break;
                case Effect.Tell tell:
                    host.Tell(tell.To, tell.Command, correlation, causation);
                    break;
                case Effect.StartTimer timer:
                    StartTimer(timer.Key, timer.Due, timer.Command, correlation, causation);
                    break;
                case Effect.CancelTimer cancel:
                    CancelTimer(cancel.Key);
                    break;
                case Effect.Drive drive:
                    var driver = host.Driver ?? throw new InvariantBrokenException($"{id} drives, but the host has no driver");
                    driver.Start(new DriverRequest(id, drive.Call, correlation, causation, ordering));
                    break;
                default:
                    throw new InvariantBrokenException($"unknown effect {effect}");
            }
        }
    }

    /// <summary>Wakes the cell without a command.</summary>
    public void WakeAfter(TimeSpan due) => StartTimer(WakeKey, due, null, CorrelationId.None, null);

    /// <summary>Ends every waiter and timer: the state that they belong to is gone.</summary>
    public void Abandon(string reason)
    {
        foreach (var askers in _waiters.Values)
            askers.ForEach(a => a.End(new AskResult.Unavailable(reason)));
        _waiters.Clear();
        foreach (var timer in _timers.Values)
            timer.Dispose();
        _timers.Clear();
    }

    /// <summary>Abandons everything, and begins nothing from now on.</summary>
    public void End(string reason)
    {
        _ended = true;
        Abandon(reason);
    }

    private void End(string topic, AskResult result)
    {
        if (!_waiters.Remove(topic, out var askers))
            return;
        askers.ForEach(a => a.End(result));
    }

    private void StartTimer(string key, TimeSpan due, ICommand? command, CorrelationId correlation, Causation? causation)
    {
        CancelTimer(key);
        if (_ended)
            return;
        ITimer? timer = null;
        timer = host.Time.CreateTimer(_ => host.Loop.Post(_ => Ring(), null), null, due, Timeout.InfiniteTimeSpan);
        _timers[key] = timer;

        void Ring()
        {
            // A timer that was cancelled or replaced after it rang must not be heard.
            if (!_timers.TryGetValue(key, out var current) || !ReferenceEquals(current, timer))
                return;
            CancelTimer(key);
            host.Deliver(id, new Inbound(command, correlation, causation, null, NobodyAsks.Instance));
        }
    }

    private void CancelTimer(string key)
    {
        if (_timers.Remove(key, out var timer))
            timer.Dispose();
    }
}
