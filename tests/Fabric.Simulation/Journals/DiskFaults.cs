namespace Fabric.Simulation;

/// <summary>What a <see cref="SimulatedJournal"/> does wrong, as probabilities for each call.</summary>
public sealed record DiskFaults
{
    /// <summary>Nothing was written, and nobody says so.</summary>
    public double AppendLost { get; init; }

    /// <summary>It was written, and the answer is lost.</summary>
    public double AnswerLost { get; init; }

    /// <summary>It is written only after "unknown" was answered: a store behind a network, never a local file.</summary>
    public double AppendLate { get; init; }

    public double ReadFails { get; init; }

    public double SnapshotFails { get; init; }

    /// <summary>The longest time that a call takes.</summary>
    public TimeSpan SlowestCall { get; init; } = TimeSpan.FromMilliseconds(3);

    public static DiskFaults None { get; } = new();
}
