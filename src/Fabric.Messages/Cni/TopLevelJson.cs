using System.Text;

namespace Fabric.Messages.Cni;

/// <summary>Finds one string member of a JSON object without a JSON library, whose start alone costs the binary a
/// millisecond.</summary>
/// <remarks>
/// Tolerant: it checks no more of the text than it must to keep its place, since the agent decodes the same bytes in
/// earnest and answers 6. It never recurses, so hostile nesting costs nothing but time linear in the text.
/// </remarks>
public static class TopLevelJson
{
    /// <summary>
    /// The value of the top-level member <paramref name="key"/> if it is a string; the last one where a key repeats, as
    /// encoding/json and System.Text.Json have it. Null if absent, not a string, or unreadable.
    /// </summary>
    public static string? String(ReadOnlySpan<byte> json, string key)
    {
        string? found = null;
        return Walk(json, key, ref found) ? found : null;
    }

    /// <summary>True if the text is shaped like one JSON object: brackets and strings close, nothing follows.</summary>
    public static bool IsObject(ReadOnlySpan<byte> json)
    {
        string? ignored = null;
        return Walk(json, "", ref ignored);
    }

    private static bool Walk(ReadOnlySpan<byte> json, string key, ref string? found)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        var at = Blank(json, 0);
        if (at >= json.Length || json[at] != '{')
            return false;
        at = Blank(json, at + 1);
        if (at < json.Length && json[at] == '}')
            return Blank(json, at + 1) == json.Length;
        while (at < json.Length && json[at] == '"')
        {
            var end = StringEnd(json, at);
            if (end < 0)
                return false;
            var name = Unescape(json[(at + 1)..(end - 1)]);
            at = Blank(json, end);
            if (at >= json.Length || json[at] != ':')
                return false;
            at = Blank(json, at + 1);
            var valueEnd = ValueEnd(json, at);
            if (valueEnd < 0)
                return false;
            if (name == key)
                found = json[at] == '"' ? Unescape(json[(at + 1)..(valueEnd - 1)]) : null;
            at = Blank(json, valueEnd);
            if (at < json.Length && json[at] == '}')
                return Blank(json, at + 1) == json.Length;
            if (at >= json.Length || json[at] != ',')
                return false;
            at = Blank(json, at + 1);
        }
        return false;
    }

    private static int Blank(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    /// <summary>The index after the string's closing quote, or -1.</summary>
    private static int StringEnd(ReadOnlySpan<byte> json, int open)
    {
        for (var i = open + 1; i < json.Length; i++)
        {
            if (json[i] == '\\')
                i++;
            else if (json[i] == '"')
                return i + 1;
        }
        return -1;
    }

    /// <summary>The index after the value that starts at <paramref name="at"/>, or -1.</summary>
    private static int ValueEnd(ReadOnlySpan<byte> json, int at)
    {
        if (at >= json.Length)
            return -1;
        if (json[at] == '"')
            return StringEnd(json, at);
        if (json[at] is not ((byte)'{' or (byte)'['))
            return ScalarEnd(json, at);
        var depth = 0;
        for (var i = at; i < json.Length; i++)
        {
            switch (json[i])
            {
                case (byte)'"':
                    var end = StringEnd(json, i);
                    if (end < 0)
                        return -1;
                    i = end - 1;
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                case (byte)'}' or (byte)']':
                    if (--depth == 0)
                        return i + 1;
                    break;
            }
        }
        return -1;
    }

    private static int ScalarEnd(ReadOnlySpan<byte> json, int at)
    {
        var i = at;
        while (i < json.Length && json[i] is not ((byte)',' or (byte)'}' or (byte)']' or (byte)' ' or (byte)'\t'
            or (byte)'\r' or (byte)'\n' or (byte)'"' or (byte)'{' or (byte)'['))
            i++;
        return i == at ? -1 : i;
    }

    private static string Unescape(ReadOnlySpan<byte> raw)
    {
        if (!raw.Contains((byte)'\\'))
            return Encoding.UTF8.GetString(raw);
        var text = Encoding.UTF8.GetString(raw);
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || ++i >= text.Length)
            {
                if (i < text.Length)
                    result.Append(text[i]);
                continue;
            }
            if (text[i] == 'u' && Hex(text, i + 1) is { } code)
            {
                result.Append(code);
                i += 4;
                continue;
            }
            result.Append(text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var c => c });
        }
        return result.ToString();
    }

    private static char? Hex(string text, int at)
    {
        if (at + 4 > text.Length)
            return null;
        var code = 0;
        for (var i = at; i < at + 4; i++)
        {
            var digit = text[i] switch
            {
                >= '0' and <= '9' => text[i] - '0',
                >= 'a' and <= 'f' => text[i] - 'a' + 10,
                >= 'A' and <= 'F' => text[i] - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
                return null;
            code = code << 4 | digit;
        }
        return (char)code;
    }
}
