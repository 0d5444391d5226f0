namespace Fabric.Cluster.Tests;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): a seed gives the same numbers on every runtime.</summary>
internal sealed class Draw(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 to <paramref name="below"/> - 1.</summary>
    public int Next(int below)
    {
        var z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EB;
        return (int)((z ^ z >> 31) % (ulong)below);
    }
}
