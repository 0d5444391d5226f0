using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Fabric.Actors;

/// <summary>A programmer's promise that is checked in release builds too; broken, it stops the entity, which then recovers.</summary>
public static class Invariant
{
    public static void That([DoesNotReturnIf(false)] bool holds, string promise,
        [CallerArgumentExpression(nameof(holds))] string expression = "")
    {
        if (!holds)
            throw new InvariantBrokenException($"{promise} ({expression})");
    }
}
