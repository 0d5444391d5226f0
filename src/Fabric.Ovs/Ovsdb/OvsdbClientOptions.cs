namespace Fabric.Ovs.Ovsdb;

/// <summary>Limits of an <see cref="OvsdbClient"/>. The defaults suit a server on the same machine.</summary>
public sealed record OvsdbClientOptions
{
    /// <summary>How long a request may take before it fails; ovsdb-server answers most within a millisecond.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one attempt to connect may take; for the first one again as long until the schema is there. When a
    /// later connection stays silent, <see cref="ProbeInterval"/> ends it.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After this long without a byte from the server an echo is sent, and after as long again the connection counts as
    /// lost. ovsdb-server itself probes every 5 s.
    /// </summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause before the first attempt to reconnect; it doubles with each failure.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest pause between attempts to reconnect.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest message taken from the server, in bytes; a longer one ends the connection.</summary>
    public long MaxFrameBytes { get; init; } = 256 * 1024 * 1024;
}
