namespace Fabric.Messages;

/// <summary>The rules for the names that reach Fabric from outside; each answers with a sentence for the user, or null.</summary>
internal static class TextRules
{
    private const string LettersDigits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    public static string? DnsSubdomain(string what, ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 253)
            return $"{what} '{text}' must have 1 to 253 characters";
        if (text.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-."))
            return $"{what} '{text}' may hold only a-z, 0-9, '-' and '.'";
        return text[0] is '-' or '.' || text[^1] is '-' or '.'
            ? $"{what} '{text}' must start and end with a letter or digit"
            : null;
    }

    public static string? InterfaceName(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 15)
            return $"interface name '{text}' must have 1 to 15 characters";
        if (text is "." or "..")
            return $"interface name '{text}' is reserved";
        foreach (var c in text)
        {
            if (c is '/' or ':' || char.IsWhiteSpace(c) || c > 126 || c < 33)
                return $"interface name '{text}' may not hold '/', ':', blanks or non-ASCII characters";
        }
        return null;
    }

    public static string? ContainerId(ReadOnlySpan<char> text) => CniName("container id", text);

    public static string? CniName(string what, ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 255)
            return $"{what} '{text}' must have 1 to 255 characters";
        if (!LettersDigits.Contains(text[0]))
            return $"{what} '{text}' must start with a letter or digit";
        foreach (var c in text)
        {
            if (!LettersDigits.Contains(c) && c is not ('_' or '.' or '-'))
                return $"{what} '{text}' may hold only letters, digits, '_', '.' and '-'";
        }
        return null;
    }
}
