using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>What became of an <see cref="Effect.Ask"/>, delivered to the asking entity as a command.</summary>
/// <param name="From">Who was asked.</param>
/// <param name="Attempt">The attempt number that the effect carried; an entity ignores outcomes of earlier attempts.</param>
public sealed record AskOutcome(PersistenceId From, int Attempt, AskResult Result) : ICommand;
