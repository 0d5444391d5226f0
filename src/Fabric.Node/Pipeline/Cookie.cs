namespace Fabric.Node.Pipeline;

/// <summary>
/// A flow's cookie: who owns it and why it is there. Bits 60–63 are Fabric's mark (0xf), 56–59 the
/// <see cref="FlowKind"/>, 48–55 reserved as 0, 0–47 the id of the cause set; 0 stands for no recorded cause.
/// </summary>
public readonly record struct Cookie
{
    /// <summary>The largest cause set id: 48 bits.</summary>
    public const ulong MaxCauseSet = (1UL << 48) - 1;

    private const ulong Mark = 0xfUL << 60;

    /// <exception cref="ArgumentOutOfRangeException">The id has more than 48 bits.</exception>
    public Cookie(FlowKind kind, ulong causeSet)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(causeSet, MaxCauseSet);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)kind, (byte)15);
        Value = Mark | (ulong)kind << 56 | causeSet;
    }

    private Cookie(ulong value) => Value = value;

    /// <summary>The 64 bits.</summary>
    public ulong Value { get; }

    /// <summary>What the flow is there for.</summary>
    public FlowKind Kind => (FlowKind)(Value >> 56 & 0xf);

    /// <summary>The id of the cause set.</summary>
    public ulong CauseSet => Value & MaxCauseSet;

    /// <summary>
    /// Reads a cookie found on the bridge; false when it does not carry Fabric's mark or uses reserved bits.
    /// </summary>
    public static bool TryRead(ulong value, out Cookie cookie)
    {
        cookie = new Cookie(value);
        return value >> 60 == 0xf && (value >> 48 & 0xff) == 0;
    }

    /// <summary>As ovs-ofctl writes it.</summary>
    public override string ToString() => $"0x{Value:x}";
}
