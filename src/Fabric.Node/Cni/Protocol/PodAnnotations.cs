namespace Fabric.Node.Cni;

/// <summary>What a pod's annotations ask of its first interface, as text that nobody has judged yet.</summary>
/// <param name="Addresses"><see cref="AddressesKey"/>: one address, or one of each family with a comma between them.</param>
/// <param name="Mac"><see cref="MacKey"/></param>
/// <param name="Network"><see cref="NetworkKey"/>: a virtual network's name, or <c>default</c>.</param>
public sealed record PodAnnotations(string? Addresses, string? Mac, string? Network)
{
    public const string AddressesKey = "fabric.cni.dev/addresses";

    public const string MacKey = "fabric.cni.dev/mac";

    public const string NetworkKey = "fabric.cni.dev/network";

    /// <summary>
    /// The interface that annotations speak of: every container runtime calls the first one so. Further ones are asked for with words
    /// of their own (runtimeConfig), and one address can't be on two of them.
    /// </summary>
    public const string Interface = "eth0";

    public static PodAnnotations None { get; } = new(null, null, null);

    /// <summary>Nobody could be asked.</summary>
    public static PodAnnotations Unread { get; } = None with { IsUnread = true };

    public bool IsUnread { get; private init; }

    public bool IsEmpty => Addresses is null && Mac is null && Network is null;

    /// <summary>Those of the annotations that are Fabric's; an empty one counts as missing.</summary>
    public static PodAnnotations Of(IReadOnlyDictionary<string, string>? annotations)
    {
        if (annotations is null)
            return None;
        var (addresses, mac, network) = (Text(AddressesKey), Text(MacKey), Text(NetworkKey));
        return addresses is null && mac is null && network is null ? None : new PodAnnotations(addresses, mac, network);

        string? Text(string key) => annotations.TryGetValue(key, out var text) && text.AsSpan().Trim().Length > 0 ? text.Trim() : null;
    }
}

/// <summary>Which of a pod's annotations a configuration holds.</summary>
[Flags]
public enum AnnotationUse
{
    None = 0,
    Addresses = 1,
    Mac = 2,
    Network = 4,

    /// <summary>Nobody could be asked for them.</summary>
    Unread = 8,
}
