using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>One pod interface: the container id and the interface's name in it (CNI SPEC 1.1, section 2).</summary>
[JsonConverter(typeof(ParsableJsonConverter<AttachmentId>))]
public readonly record struct AttachmentId(ContainerId Container, InterfaceName IfName)
    : IComparable<AttachmentId>, IComparable, ISpanParsable<AttachmentId>
{
    // Neither a container id nor an interface name can hold a slash.
    public override string ToString() => $"{Container}/{IfName}";

    public static AttachmentId Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static AttachmentId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not CONTAINER/IFNAME");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AttachmentId result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out AttachmentId result)
    {
        result = default;
        var slash = s.IndexOf('/');
        if (slash < 0
            || !ContainerId.TryParse(s[..slash], provider, out var container)
            || !InterfaceName.TryParse(s[(slash + 1)..], provider, out var name))
            return false;
        result = new AttachmentId(container, name);
        return true;
    }

    public int CompareTo(AttachmentId other)
    {
        var byContainer = Container.CompareTo(other.Container);
        return byContainer != 0 ? byContainer : IfName.CompareTo(other.IfName);
    }

    int IComparable.CompareTo(object? obj) => obj is AttachmentId other ? CompareTo(other) : 1;
}
