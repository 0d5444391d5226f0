using System.Globalization;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary>One line for each event: when, how long after the one before of the same request, which entity, what.</summary>
internal sealed class EventLines(TextWriter output, bool verbose, DateTimeOffset now)
{
    // A request's events come close together; what is older than this many requests is not waited for any more.
    private const int MostCorrelations = 4096;

    private readonly Dictionary<CorrelationId, DateTimeOffset> _last = [];

    public void Write(EventEntry e)
    {
        output.Write($"{Words.Time(e.Time, now)}  {Since(e),10}  {Words.ShortIds(e.Stream.Value),-27}  {Words.ShortIds(e.Text)}\n");
        if (!verbose)
            return;
        output.Write($"    #{e.Ordering} {e.Manifest} of {e.Stream}#{e.SequenceNr}, hlc {e.Hlc}, correlation {e.Correlation}"
            + $"{(e.Causation is { } cause ? $", caused by {cause}" : "")}\n");
        if (e.Payload is { } payload)
            output.Write($"    {payload.GetRawText()}\n");
    }

    private string Since(EventEntry e)
    {
        if (e.Correlation == CorrelationId.None)
            return "";
        if (_last.Count >= MostCorrelations)
            _last.Clear();
        var text = _last.TryGetValue(e.Correlation, out var before)
            ? $"+{(e.Time - before).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms"
            : "";
        _last[e.Correlation] = e.Time;
        return text;
    }
}
