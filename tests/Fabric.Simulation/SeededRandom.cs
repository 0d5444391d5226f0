namespace Fabric.Simulation;

/// <summary>SplitMix64 (Steele, Lea, Flood, 2014): the same numbers for the same seed on every runtime, for ever.</summary>
/// <remarks><see cref="Random"/>'s algorithm is not a contract, so a seed would not replay after an update.</remarks>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong NextBits()
    {
        var z = _state += 0x9E37_79B9_7F4A_7C15UL;
        z = (z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9UL;
        z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EBUL;
        return z ^ z >> 31;
    }

    /// <summary>From 0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)((UInt128)NextBits() * (ulong)bound >> 64);
    }

    /// <summary>From <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>At least 0, less than 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>From zero to <paramref name="most"/>, both included.</summary>
    public TimeSpan UpTo(TimeSpan most) => TimeSpan.FromTicks((long)((UInt128)NextBits() * (ulong)(most.Ticks + 1) >> 64));

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    /// <summary>A generator of its own, so that what it draws does not shift what this one draws later.</summary>
    public SeededRandom Fork() => new(NextBits());
}
