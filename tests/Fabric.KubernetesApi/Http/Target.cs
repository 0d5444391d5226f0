namespace Fabric.KubernetesApi;

/// <summary>What a path names: <c>/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUBRESOURCE</c> and its shorter forms.</summary>
internal sealed record Target(ApiKind Kind, string? Namespace, string? Name, string? Subresource)
{
    /// <summary>Null: the path names no kind that is served.</summary>
    public static Target? Find(ApiState state, string[] path)
    {
        var (group, version, rest) = path switch
        {
            ["api", var v, .. var r] => ("", v, r),
            ["apis", var g, var v, .. var r] => (g, v, r),
            _ => ("", "", []),
        };
        return rest switch
        {
            // Namespaces are a kind as well as what others are in.
            ["namespaces", var ns, "status"] when Served("namespaces", false) is { } kind => new Target(kind, null, ns, "status"),
            ["namespaces", var ns, var plural, .. var its] when its.Length <= 2 && Served(plural, true) is { } kind => At(kind, ns, its),
            [var plural] when Served(plural, null) is { } kind => new Target(kind, null, null, null),
            [var plural, .. var its] when its.Length is 1 or 2 && Served(plural, false) is { } kind => At(kind, null, its),
            _ => null,
        };

        ApiKind? Served(string plural, bool? isNamespaced) =>
            state.Find(group, version, plural) is { } kind && (isNamespaced is null || kind.IsNamespaced == isNamespaced) ? kind : null;

        static Target At(ApiKind kind, string? ns, string[] its) => new(kind, ns, its.ElementAtOrDefault(0), its.ElementAtOrDefault(1));
    }
}
