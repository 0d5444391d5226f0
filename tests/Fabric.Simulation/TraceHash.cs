using System.Globalization;

namespace Fabric.Simulation;

/// <summary>What happened in a run as one number, with the last lines in words.</summary>
/// <remarks>Two runs of one seed must end with the same number; FNV-1a, since <see cref="HashCode"/> differs between processes.</remarks>
public sealed class TraceHash
{
    private const ulong Prime = 0x100_0000_01B3UL;
    // FABRIC_TRACE keeps more of them, to look at what led to a failure.
    private static readonly int s_linesKept =
        int.TryParse(Environment.GetEnvironmentVariable("FABRIC_TRACE"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 120;

    private readonly Queue<(TimeSpan Now, string Who, string What)> _lines = new();

    public ulong Value { get; private set; } = 0xCBF2_9CE4_8422_2325UL;

    /// <summary>The last lines, oldest first.</summary>
    public IEnumerable<string> Lines => _lines.Select(l =>
        string.Create(CultureInfo.InvariantCulture, $"{l.Now.TotalSeconds,12:0.000000} {l.Who,-14} {l.What}"));

    public void Add(long number)
    {
        // Whole words at once: the octet-wise form would cost more than the step that it records.
        Value = (Value ^ (ulong)number) * Prime;
        Value ^= Value >> 32;
    }

    public void Add(TimeSpan now, string who, string what)
    {
        Add(now.Ticks);
        Add(who);
        Add(what);
        _lines.Enqueue((now, who, what));
        if (_lines.Count > s_linesKept)
            _lines.Dequeue();
    }

    private void Add(string text)
    {
        foreach (var c in text)
            Value = (Value ^ c) * Prime;
        Add(text.Length);
    }
}
