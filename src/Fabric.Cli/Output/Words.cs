using System.Globalization;
using System.Text;

namespace Fabric.Cli;

/// <summary>How values are shown to people.</summary>
internal static class Words
{
    private const int IdCharacters = 12;

    /// <summary>Local time to the millisecond, with the date unless it is that of <paramref name="now"/>.</summary>
    public static string Time(DateTimeOffset? time, DateTimeOffset now)
    {
        if (time is not { } t)
            return "-";
        var local = t.ToLocalTime();
        return local.ToString(local.Date == now.ToLocalTime().Date ? "HH:mm:ss.fff" : "yyyy-MM-dd HH:mm:ss.fff",
            CultureInfo.InvariantCulture);
    }

    /// <summary>The two largest units: 3 d 4 h, 2 min 1 s.</summary>
    public static string Duration(TimeSpan d) => d switch
    {
        { TotalDays: >= 1 } => $"{(int)d.TotalDays} d {d.Hours} h",
        { TotalHours: >= 1 } => $"{(int)d.TotalHours} h {d.Minutes} min",
        { TotalMinutes: >= 1 } => $"{(int)d.TotalMinutes} min {d.Seconds} s",
        _ => $"{d.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s",
    };

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1 << 30 => Scaled(bytes, 1 << 30, "GiB"),
        >= 1 << 20 => Scaled(bytes, 1 << 20, "MiB"),
        >= 1 << 10 => Scaled(bytes, 1 << 10, "KiB"),
        _ => $"{bytes} B",
    };

    public static string List<T>(IEnumerable<T> values) => string.Join(',', values);

    /// <summary>Shortens what looks like a container id (32 hexadecimal digits or more) to what crictl shows.</summary>
    public static string ShortIds(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsAsciiHexDigitLower(text[end]) | char.IsAsciiDigit(text[end]))
                end++;
            if (end - start >= 32)
            {
                (result ??= new StringBuilder()).Append(text, copied, start + IdCharacters - copied);
                copied = end;
            }
            start = Math.Max(end, start + 1);
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static string Scaled(long bytes, long unit, string name) =>
        $"{((double)bytes / unit).ToString("0.0", CultureInfo.InvariantCulture)} {name}";
}
