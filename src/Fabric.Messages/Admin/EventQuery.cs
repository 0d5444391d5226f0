using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>Which events are asked for; all parts given must hold.</summary>
/// <remarks>
/// <see cref="Pod"/> and <see cref="Container"/> mean the whole story: the streams of their ports, and whatever else was caused by
/// the same requests (addresses, port numbers, flows).
/// </remarks>
public sealed record EventQuery
{
    public const int DefaultLimit = 1000;
    public const int MaxLimit = 100_000;

    /// <summary>Stream kinds of a node's journal; <see cref="Kind"/> may also be an event's name without version.</summary>
    public static ImmutableArray<string> StreamKinds { get; } = ["bridge", "flow", "node", "observed", "pool", "port", "tunnel"];

    public static ImmutableArray<string> Parameters { get; } =
        ["pod", "container", "node", "entity", "correlation", "kind", "since", "until", "limit", "follow", "payload"];

    /// <summary>NAMESPACE/NAME.</summary>
    public string? Pod { get; init; }

    /// <summary>A container id or its beginning, at least 4 characters.</summary>
    public string? Container { get; init; }

    /// <summary>What the cluster said of a node, and the tunnel to it.</summary>
    public NodeName? Node { get; init; }

    public PersistenceId? Entity { get; init; }

    public CorrelationId? Correlation { get; init; }

    /// <summary>One of <see cref="StreamKinds"/>, or an event's name such as <c>attachment-ready</c>.</summary>
    public string? Kind { get; init; }

    public EventBound? Since { get; init; }

    public EventBound? Until { get; init; }

    /// <summary>The newest so many of those that match, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>Whether to go on with new events as they are committed.</summary>
    public bool Follow { get; init; }

    /// <summary>Whether entries carry the stored payload.</summary>
    public bool Payload { get; init; }
}
