using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fabric.Messages;

/// <summary>One end of a range of events: a place in the journal's order, or a time. Both ends belong to the range.</summary>
/// <param name="Ordering">Set if and only if <paramref name="Time"/> is not.</param>
public sealed record EventBound(long? Ordering, DateTimeOffset? Time)
{
    /// <summary>Reads <c>#ORDERING</c>, a duration before <paramref name="now"/> (<c>90s</c>, <c>10m</c>, <c>2h</c>, <c>1d</c>) or RFC 3339.</summary>
    public static bool TryParse(string text, DateTimeOffset now, [NotNullWhen(true)] out EventBound? bound)
    {
        bound = null;
        if (text.StartsWith('#'))
        {
            if (long.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordering))
                bound = new EventBound(ordering, null);
        }
        else if (TryDuration(text, out var ago))
        {
            bound = new EventBound(null, ago > now - DateTimeOffset.MinValue ? DateTimeOffset.MinValue : now - ago);
        }
        else if (text.Length >= 19 && text[10] is 'T' or 't' && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            bound = new EventBound(null, time.ToUniversalTime());
        }
        return bound is not null;
    }

    public override string ToString() => Ordering is { } o ? $"#{o}" : Rfc3339TimeConverter.Text(Time!.Value);

    private static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !uint.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n))
            return false;
        var unit = text[^1] switch { 's' => 1L, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        duration = TimeSpan.FromSeconds(n * unit);
        return unit > 0;
    }
}
