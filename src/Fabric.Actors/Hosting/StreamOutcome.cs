using System.Collections.Immutable;

namespace Fabric.Actors;

/// <summary>What became of an entity's append, after an unknown outcome was looked into.</summary>
internal abstract record StreamOutcome
{
    public sealed record Appended(ImmutableArray<EventEnvelope> Events) : StreamOutcome;

    /// <summary>Not appended; the state is refreshed with what others wrote.</summary>
    public sealed record Lost : StreamOutcome;

    /// <summary>Nobody can say now; the state in memory must not be relied on.</summary>
    public sealed record Unsettled(string Reason) : StreamOutcome;
}
