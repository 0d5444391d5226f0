namespace Fabric.Messages;

/// <summary>Names one append: the writer, its incarnation (grows with each start) and a counter within it.</summary>
/// <remarks>An append whose outcome is unknown is settled by looking for its own commit id in the stream.</remarks>
public readonly record struct CommitId(string Writer, long Incarnation, long Counter)
{
    public override string ToString() => $"{Writer}:{Incarnation}:{Counter}";

    public static CommitId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var last = text.LastIndexOf(':');
        var middle = last > 0 ? text.LastIndexOf(':', last - 1) : -1;
        if (middle < 0 || !long.TryParse(text.AsSpan(middle + 1, last - middle - 1), out var incarnation)
            || !long.TryParse(text.AsSpan(last + 1), out var counter))
            throw new FormatException($"'{text}' is not a commit id (WRITER:INCARNATION:COUNTER)");
        return new CommitId(text[..middle], incarnation, counter);
    }
}
