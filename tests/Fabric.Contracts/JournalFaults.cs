namespace Fabric.Contracts;

/// <summary>What a <see cref="FaultyJournal"/> does wrong, and how often; rates are probabilities from 0 to 1.</summary>
public sealed record JournalFaults
{
    public static JournalFaults None { get; } = new();

    /// <summary>Every fault often enough that a short test meets it.</summary>
    public static JournalFaults Often { get; } = new()
    {
        LostAppend = 0.08, UnansweredAppend = 0.08, UnreadableRead = 0.05, FailedWrite = 0.1, Delay = 0.1, DiskFull = 0.02,
    };

    /// <summary>An append that is not written and ends as Unknown.</summary>
    public double LostAppend { get; init; }

    /// <summary>An append that is written and ends as Unknown.</summary>
    public double UnansweredAppend { get; init; }

    /// <summary>A read that fails, at its start or in the middle, with a transient error.</summary>
    public double UnreadableRead { get; init; }

    /// <summary>A snapshot, pruning or compaction that fails before it has done anything.</summary>
    public double FailedWrite { get; init; }

    /// <summary>A call that waits before it does its work.</summary>
    public double Delay { get; init; }

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A write with which the disk fills up.</summary>
    public double DiskFull { get; init; }

    /// <summary>How many writes fail until somebody has made room: 1 to this number.</summary>
    public int LongestDiskFull { get; init; } = 20;
}
