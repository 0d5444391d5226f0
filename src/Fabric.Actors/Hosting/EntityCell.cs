using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>One entity: its mailbox, its recovered state, and the step for one command at a time.</summary>
internal sealed class EntityCell<TState> : IEntityCell
    where TState : class
{
    private readonly EntityHost _host;
    private readonly IEntity<TState> _entity;
    private readonly EntityStream<TState> _stream;
    private readonly EntityEffects _effects;
    private readonly RestartBudget _restarts;
    private readonly Queue<Inbound> _mailbox = new();

    // What a record was told before it could be recovered: true already, so it must not be lost.
    private readonly Queue<Inbound> _unrecovered = new();
    private readonly PersistenceId _id;
    private RecordGap? _gap;
    private bool _running;
    private bool _disposed;
    private long _lastActive;

    public EntityCell(EntityHost host, IEntity<TState> entity, IJournal journal, PersistenceId id)
    {
        _host = host;
        _entity = entity;
        _id = id;
        _stream = new EntityStream<TState>(host, entity, journal, id);
        _effects = new EntityEffects(host, id);
        _restarts = new RestartBudget(host.Time, host.Options.RestartLimit, host.Options.RestartWindow);
        _lastActive = host.Time.GetTimestamp();
    }

    public int MailboxDepth => _mailbox.Count;

    public void Enqueue(Inbound inbound)
    {
        if (_disposed)
            return;
        _mailbox.Enqueue(inbound);
        if (_mailbox.Count == _host.Options.MailboxWarningDepth)
            _host.Observer.MailboxDeep(_id, _mailbox.Count);
        if (_running)
            return;
        _running = true;
        // Posted, not run here: the sender finishes its own step first, however long the chain of senders.
        _host.Loop.Post(static self => _ = ((EntityCell<TState>)self!).DrainAsync(), this);
    }

    public bool MayPassivate(TimeSpan idle) =>
        !_running && _mailbox.Count == 0 && _gap is null && !_effects.HasTimersOrWaiters
        && _host.Time.GetElapsedTime(_lastActive) >= idle;

    public void LeaveSnapshot()
    {
        if (_stream.IsRecovered)
            _ = _stream.SnapshotAsync(atLeast: 1);
    }

    private async Task DrainAsync()
    {
        while (!_disposed && _mailbox.TryDequeue(out var inbound))
        {
            try
            {
                await HandleAsync(inbound);
            }
            catch (Exception e)
            {
                Fail(inbound, e);
            }
        }
        _lastActive = _host.Time.GetTimestamp();
        _running = false;
    }

    private async Task HandleAsync(Inbound inbound)
    {
        if (_restarts.IsSpent)
        {
            inbound.Asker.End(new AskResult.Unavailable($"{_id} is stopped: {_restarts.LastFailure}"));
            return;
        }
        if (!_stream.IsRecovered)
        {
            if (await _stream.RecoverAsync() is { } obstacle)
            {
                if (obstacle.MayPass && _entity is IRecordEntity<TState>)
                {
                    OpenGap(obstacle.Reason);
                    _effects.WakeAfter(Obstacle.RetryInterval);
                    _unrecovered.Enqueue(inbound);
                    return;
                }
                inbound.Asker.End(new AskResult.Unavailable($"{_id} can't be recovered: {obstacle.Reason}"));
                if (obstacle.MayPass)
                    _effects.WakeAfter(Obstacle.RetryInterval);
                return;
            }
            _effects.Run(_entity.Resume(_stream.State), CorrelationId.None, null, 0);
            while (_unrecovered.TryDequeue(out var earlier))
                await StepAsync(earlier);
        }
        if (_gap is { } gap)
            await CloseGapAsync(gap);
        // Also when the asker has given up: what was asked for is wanted all the same.
        await StepAsync(inbound);
    }

    private async Task StepAsync(Inbound inbound)
    {
        if (inbound.Command is not { } command)
            return;
        for (var round = 0; ; round++)
        {
            // The host may have ended while the journal was read.
            if (_disposed)
            {
                inbound.Asker.End(new AskResult.Unavailable($"{_id} was stopped"));
                return;
            }
            switch (_entity.Decide(_stream.State, command, _host.Time.GetUtcNow()))
            {
                case Decision.Rejected rejected:
                    inbound.Asker.End(new AskResult.Rejected(rejected.Reason));
                    return;
                case Decision.Accepted { Events.IsEmpty: true } accepted:
                    inbound.Asker.End(new AskResult.Replied(accepted.Reply));
                    return;
                case Decision.Waiting { Events.IsEmpty: true } waiting:
                    _effects.Wait(waiting.Topic, inbound.Asker);
                    return;
                case Decision.Accepted accepted:
                    if (await CommitAsync(inbound, accepted.Events, null, accepted.Reply, round))
                        return;
                    break;
                case Decision.Waiting waiting:
                    if (await CommitAsync(inbound, waiting.Events, waiting.Topic, null, round))
                        return;
                    break;
            }
        }
    }

    /// <returns>False if somebody else wrote first: the state is refreshed, decide again.</returns>
    private async Task<bool> CommitAsync(
        Inbound inbound, ImmutableArray<IEvent> events, string? topic, IReply? reply, int round)
    {
        const int MostRounds = 16;
        var outcome = _gap is null
            ? await _stream.AppendAsync(events, inbound)
            : new StreamOutcome.Unsettled(_gap.Reason);
        switch (outcome)
        {
            case StreamOutcome.Appended appended:
                Conclude(inbound, appended.Events, topic, reply);
                await _stream.SnapshotIfDueAsync();
                return true;
            case StreamOutcome.Lost when round < MostRounds:
                return false;
            case StreamOutcome.Lost:
                inbound.Asker.End(new AskResult.Unavailable($"{_id} was written by others {MostRounds} times in a row"));
                return true;
            case StreamOutcome.Unsettled unsettled when _entity is IRecordEntity<TState>:
                OpenGap(unsettled.Reason);
                Conclude(inbound, _stream.EvolveUnrecorded(events), topic, reply);
                return true;
            case StreamOutcome.Unsettled unsettled:
                _stream.Forget();
                // The command may have been the only one that would ever come: a timer's, or an outcome.
                _effects.WakeAfter(Obstacle.RetryInterval);
                inbound.Asker.End(new AskResult.Unavailable($"the journal of {_id} can't be written: {unsettled.Reason}"));
                return true;
            default:
                throw new InvariantBrokenException($"unexpected append outcome {outcome}");
        }
    }

    private void Conclude(Inbound inbound, ImmutableArray<EventEnvelope> events, string? topic, IReply? reply)
    {
        // The waiter goes in before the effects run: the first of them may already answer its topic.
        if (topic is not null)
            _effects.Wait(topic, inbound.Asker);
        else
            inbound.Asker.End(new AskResult.Replied(reply));
        foreach (var envelope in events)
        {
            _effects.Run(_entity.React(_stream.State, envelope.Event!), inbound.Correlation,
                new Causation(_id, envelope.SequenceNr), envelope.Ordering);
        }
    }

    private void OpenGap(string reason)
    {
        if (_gap is not null)
            return;
        _gap = new RecordGap(_host.Time.GetUtcNow(), reason);
        _host.Observer.GapOpened(_id, reason);
        _effects.WakeAfter(RecordGap.RetryInterval);
    }

    private async Task CloseGapAsync(RecordGap gap)
    {
        var now = _host.Time.GetUtcNow();
        var closing = ((IRecordEntity<TState>)_entity).Gap(_stream.State, gap.From, now, gap.Reason);
        var inbound = new Inbound(null, CorrelationId.None, null, null, NobodyAsks.Instance);
        if (await _stream.AppendAsync([closing], inbound, keepsState: true) is StreamOutcome.Appended)
        {
            _gap = null;
            _host.Observer.GapClosed(_id, gap.From, now);
            return;
        }
        _effects.WakeAfter(RecordGap.RetryInterval);
    }

    private void Fail(Inbound inbound, Exception e)
    {
        _restarts.Spend(e);
        _stream.Forget();
        _effects.Abandon($"{_id} failed: {e.Message}");
        inbound.Asker.End(new AskResult.Unavailable($"{_id} failed: {e.Message}"));
        _host.Observer.EntityFailed(_id, e, restarts: !_restarts.IsSpent);
        // Timers and waiters went with the failed state; recovery resumes them.
        if (!_restarts.IsSpent && _mailbox.Count == 0)
            _mailbox.Enqueue(new Inbound(null, CorrelationId.None, null, null, NobodyAsks.Instance));
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _effects.End($"{_id} was stopped");
        while (_unrecovered.TryDequeue(out var unrecovered))
            unrecovered.Asker.End(new AskResult.Unavailable($"{_id} was stopped"));
        while (_mailbox.TryDequeue(out var inbound))
            inbound.Asker.End(new AskResult.Unavailable($"{_id} was stopped"));
    }
}
