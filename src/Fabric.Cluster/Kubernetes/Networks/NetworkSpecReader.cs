using System.Globalization;
using Fabric.Messages;

namespace Fabric.Cluster.Kubernetes;

/// <summary>Reads a Network object's spec; what can't be read is said with the field's path.</summary>
/// <remarks>The API server has checked the forms that a schema can express; an older schema may have let other ones pass.</remarks>
internal static class NetworkSpecReader
{
    public static NetworkWish Read(NetworkSpec? spec)
    {
        try
        {
            return new NetworkWish(
                spec?.Vni is { } vni ? Parse<Vni>("spec.vni", Text(vni), $"a number from {Vni.Min} to {Vni.Max}") : null,
                [.. (spec?.Subnets ?? []).Select((s, i) => Subnet($"spec.subnets[{Text(i)}]", s)).OrderBy(s => s.Cidr)]);
        }
        catch (FormatException e)
        {
            return new NetworkWish(null, [], e.Message);
        }
    }

    private static NetworkSubnet Subnet(string path, NetworkSpecSubnet? spec)
    {
        var cidr = Parse<Cidr>($"{path}.cidr", spec?.Cidr ?? "", "ADDRESS/PREFIX with the host bits zero, like 10.9.0.0/16");
        return new NetworkSubnet(
            cidr,
            spec?.Gateway is { } gateway
                ? Parse<IpAddress>($"{path}.gateway", gateway, "an IP address")
                : cidr.Size > 1 ? cidr.At(1) : cidr.Network,
            [.. (spec?.Excluded ?? []).Select((e, i) => Excluded($"{path}.excluded[{Text(i)}]", e)).Distinct().Order()],
            spec?.BlockPrefixLength ?? VirtualNetworks.DefaultBlockPrefixLength(cidr));
    }

    private static Cidr Excluded(string path, string text) => IpAddress.TryParse(text, CultureInfo.InvariantCulture, out var address)
        ? new Cidr(address, address.Width)
        : Parse<Cidr>(path, text, "an IP address or a CIDR");

    private static T Parse<T>(string path, string text, string rule)
        where T : IParsable<T> => T.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"{path} must be {rule}, not '{text}'");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
