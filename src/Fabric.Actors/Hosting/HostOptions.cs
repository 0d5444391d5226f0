namespace Fabric.Actors;

/// <summary>The writer's identity and the host's limits.</summary>
public sealed record HostOptions
{
    public const int DefaultSnapshotEvery = 256;

    /// <summary>Goes into commit ids: the node's name.</summary>
    public required string Writer { get; init; }

    /// <summary>Grows with each start of this writer, so that commit ids never repeat.</summary>
    public required long Incarnation { get; init; }

    /// <summary>A stream gets a snapshot after this many events.</summary>
    public int SnapshotEvery { get; init; } = DefaultSnapshotEvery;

    /// <summary>How often an entity may fail within <see cref="RestartWindow"/> before it stays stopped.</summary>
    public int RestartLimit { get; init; } = 3;

    public TimeSpan RestartWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>An entity without work, timers and waiting askers leaves memory after this time.</summary>
    public TimeSpan PassivateAfter { get; init; } = TimeSpan.FromMinutes(2);

    public int MailboxWarningDepth { get; init; } = 10_000;

    /// <summary>The deadline of asks between entities.</summary>
    public TimeSpan InternalAskDeadline { get; init; } = TimeSpan.FromSeconds(10);
}
