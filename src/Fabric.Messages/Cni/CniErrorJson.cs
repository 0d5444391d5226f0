using System.Globalization;
using System.Text;

namespace Fabric.Messages.Cni;

/// <summary>Writes the error object of CNI SPEC 1.1, section 5, without a JSON library; the one shape of binary and
/// agent.</summary>
public static class CniErrorJson
{
    /// <summary>
    /// One line of UTF-8 JSON, ended by a line feed: cniVersion, code, msg, and details unless empty. A version that
    /// Fabric doesn't speak is replaced by the newest that it does.
    /// </summary>
    public static byte[] Write(string? cniVersion, CniErrorCode code, string message, string details = "")
    {
        var json = new StringBuilder(128 + message.Length + details.Length);
        json.Append("{\"cniVersion\":\"")
            .Append(CniProtocol.IsSupported(cniVersion) ? cniVersion : CniProtocol.SupportedVersions[^1])
            .Append("\",\"code\":").Append(((int)code).ToString(CultureInfo.InvariantCulture))
            .Append(",\"msg\":");
        Quote(json, message);
        if (details.Length > 0)
            Quote(json.Append(",\"details\":"), details);
        return Encoding.UTF8.GetBytes(json.Append("}\n").ToString());
    }

    // RFC 8259, section 7: quotation mark, reverse solidus and control characters must be escaped, nothing else.
    private static void Quote(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                json.Append('\\').Append(c);
            else if (c == '\n')
                json.Append("\\n");
            else if (c < ' ')
                json.Append("\\u00").Append(HexDigit(c >> 4)).Append(HexDigit(c & 15));
            else
                json.Append(c);
        }
        json.Append('"');
    }

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);
}
