namespace Fabric.Simulation;

/// <summary>What the way to the cluster store does wrong, as probabilities for each call.</summary>
internal sealed record StoreFaults
{
    /// <summary>The write does not arrive, and nobody says so.</summary>
    public double RequestLost { get; init; }

    /// <summary>The write took effect, and its answer is lost.</summary>
    public double AnswerLost { get; init; }

    /// <summary>The write takes effect only after the client has given up.</summary>
    public double WriteLate { get; init; }

    /// <summary>The store declines a write whose condition holds, as one does that lost a race it can't tell from others.</summary>
    public double SpuriousConflict { get; init; }

    public double ReadFails { get; init; }

    /// <summary>The watch ends instead of giving the next change.</summary>
    public double WatchBreaks { get; init; }

    /// <summary>The longest time that one way takes.</summary>
    public TimeSpan SlowestWay { get; init; } = TimeSpan.FromMilliseconds(5);

    public static StoreFaults None { get; } = new();
}
