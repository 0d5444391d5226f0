namespace Fabric.Node.Pipeline;

/// <summary>The ICMPv6 types of neighbour discovery (RFC 4861, section 4).</summary>
internal static class NdType
{
    internal const byte RouterSolicitation = 133;
    internal const byte RouterAdvertisement = 134;
    internal const byte Solicitation = 135;
    internal const byte Advertisement = 136;
    internal const byte Redirect = 137;

    internal static ReadOnlySpan<byte> All =>
        [RouterSolicitation, RouterAdvertisement, Solicitation, Advertisement, Redirect];
}
