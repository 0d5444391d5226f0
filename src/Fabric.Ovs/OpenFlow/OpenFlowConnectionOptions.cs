namespace Fabric.Ovs.OpenFlow;

/// <summary>Times of an <see cref="OpenFlowConnection"/>.</summary>
public sealed record OpenFlowConnectionOptions
{
    /// <summary>Deadline of connecting, and of each request that is not cancelled before.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After this long without a byte from the switch an echo request is sent; after twice as long the connection
    /// counts as lost.
    /// </summary>
    public TimeSpan EchoInterval { get; init; } = TimeSpan.FromSeconds(5);
}
