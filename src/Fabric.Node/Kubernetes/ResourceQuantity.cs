using System.Globalization;

namespace Fabric.Node.Kubernetes;

/// <summary>
/// The number that a quantity of the API stands for (apimachinery, api/resource): the server gives <c>1000</c> back as <c>1k</c>.
/// </summary>
internal static class ResourceQuantity
{
    private static readonly (string Suffix, decimal Factor)[] s_suffixes =
    [
        ("Ki", 1024m), ("Mi", 1048576m), ("Gi", 1073741824m), ("Ti", 1099511627776m), ("Pi", 1125899906842624m),
        ("Ei", 1152921504606846976m), ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m),
        ("P", 1e15m), ("E", 1e18m),
    ];

    /// <returns>Null: it is no quantity, or a larger one than any capacity.</returns>
    public static decimal? Parse(string text)
    {
        var factor = 1m;
        var number = text;
        foreach (var (suffix, value) in s_suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            (number, factor) = (text[..^suffix.Length], value);
            break;
        }
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!decimal.TryParse(number, Styles, CultureInfo.InvariantCulture, out var parsed))
            return null;
        try
        {
            return parsed * factor;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
