using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node.Tests;

/// <summary>Given events, when a command, then events: an entity without host and journal.</summary>
internal sealed class EntitySpec<TState>(IEntity<TState> entity, DateTimeOffset? start = null)
    where TState : class
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public TState State { get; private set; } = entity.Initial;

    public DateTimeOffset Now { get; set; } = start ?? Noon;

    /// <summary>What the events of the last command made the entity want.</summary>
    public List<Effect> Effects { get; } = [];

    public EntitySpec<TState> Given(params ReadOnlySpan<IEvent> events)
    {
        foreach (var e in events)
            State = entity.Evolve(State, e);
        return this;
    }

    public EntitySpec<TState> After(TimeSpan time)
    {
        Now += time;
        return this;
    }

    public Decision When(ICommand command)
    {
        var decision = entity.Decide(State, command, Now);
        Effects.Clear();
        var events = decision switch
        {
            Decision.Accepted accepted => accepted.Events,
            Decision.Waiting waiting => waiting.Events,
            _ => [],
        };
        // As the host does it: all events are folded before the first effect is asked for.
        foreach (var e in events)
            State = entity.Evolve(State, e);
        foreach (var e in events)
            Effects.AddRange(entity.React(State, e));
        return decision;
    }

    public IEvent[] Events(ICommand command) => When(command) switch
    {
        Decision.Accepted accepted => [.. accepted.Events],
        Decision.Waiting waiting => [.. waiting.Events],
        var other => throw new InvalidOperationException($"not accepted: {other}"),
    };

    public TReply Reply<TReply>(ICommand command)
        where TReply : IReply => Assert.IsType<TReply>(Assert.IsType<Decision.Accepted>(When(command)).Reply);

    public string Refusal(ICommand command) => Assert.IsType<Decision.Rejected>(When(command)).Reason.Code;

    /// <summary>The state after being written as a snapshot and read back, both as JSON.</summary>
    public void StateSurvivesItsSnapshot()
    {
        var written = JsonSerializer.Serialize(State, entity.StateJson);
        var read = JsonSerializer.Deserialize(written, entity.StateJson);
        Assert.NotNull(read);
        Assert.Equal(written, JsonSerializer.Serialize(read, entity.StateJson));
    }

    public IEnumerable<Effect> Resumed() => entity.Resume(State);
}
