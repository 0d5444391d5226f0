using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Fabric.Contracts;

/// <summary>The state of a <see cref="Tally"/>.</summary>
/// <param name="Heard">What timers and peers have brought, in order.</param>
public sealed record TallyState(long Total, ImmutableSortedSet<string> Keys, bool IsOpen, ImmutableArray<string> Heard)
{
    public static TallyState Empty { get; } = new(0, ImmutableSortedSet.Create<string>(StringComparer.Ordinal), false, []);
}

/// <summary>The state of a <see cref="Notebook"/>.</summary>
public sealed record NotebookState(ImmutableArray<string> Notes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TallyState))]
[JsonSerializable(typeof(NotebookState))]
[JsonSerializable(typeof(TallyEvent.Added))]
[JsonSerializable(typeof(TallyEvent.Promised))]
[JsonSerializable(typeof(TallyEvent.Named))]
[JsonSerializable(typeof(TallyEvent.Opened))]
[JsonSerializable(typeof(TallyEvent.Closed))]
[JsonSerializable(typeof(TallyEvent.PeerAsked))]
[JsonSerializable(typeof(TallyEvent.PeerAnswered))]
[JsonSerializable(typeof(TallyEvent.TimerSet))]
[JsonSerializable(typeof(TallyEvent.TimerCancelled))]
[JsonSerializable(typeof(TallyEvent.TimerRang))]
[JsonSerializable(typeof(TallyEvent.Driven))]
[JsonSerializable(typeof(TallyEvent.BrokeReacting))]
[JsonSerializable(typeof(TallyEvent.Poisoned))]
[JsonSerializable(typeof(TallyEvent.Noted))]
[JsonSerializable(typeof(TallyEvent.NothingKnown))]
internal sealed partial class TallyJson : JsonSerializerContext;
