using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>What the clock says for one event.</summary>
/// <param name="Wall">The wall clock as it was read for this event.</param>
/// <param name="Stepped">
/// By how much the wall clock was set since the reading before (negative: back); null if it was not. To be written as ClockStepped.
/// </param>
public readonly record struct HlcReading(Hlc Hlc, DateTimeOffset Wall, TimeSpan? Stepped);
