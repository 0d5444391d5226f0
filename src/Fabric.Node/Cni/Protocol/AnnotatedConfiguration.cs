using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>A configuration completed by a pod's annotations: they say what it leaves open, and it wins where both speak.</summary>
/// <remarks>
/// What the runtime or an administrator has written (the configuration, runtimeConfig, CNI_ARGS) is more trusted than what whoever may
/// create a pod can write. An annotation that is overruled is not even judged.
/// </remarks>
internal static class AnnotatedConfiguration
{
    /// <summary>The configuration to go by, or the error (7) that names the annotation.</summary>
    public static (CniConfiguration? Configuration, CniError? Error) Of(
        CniConfiguration configuration, PodAnnotations annotations, PodRef pod, CorrelationId correlation)
    {
        if (annotations.IsUnread)
            return (configuration with { Annotations = AnnotationUse.Unread }, null);
        if (annotations.IsEmpty)
            return (configuration, null);
        var (mac, ips, network, use) = (configuration.Mac, configuration.Ips, configuration.VirtualNetwork, AnnotationUse.None);
        if (annotations.Mac is { } macText && mac is null)
        {
            if (!MacRule.TryParse(macText, out var parsed))
                return Wrong(PodAnnotations.MacKey, macText, MacRule.Text);
            (mac, use) = (parsed, use | AnnotationUse.Mac);
        }
        if (annotations.Addresses is { } addressesText && ips.IsEmpty)
        {
            if (configuration.Ipam is { } ipam)
                return Wrong(PodAnnotations.AddressesKey, addressesText, $"absent: IPAM plugin {ipam.Type} assigns the addresses");
            ips = Addresses(addressesText);
            if (ips.IsEmpty)
                return Wrong(PodAnnotations.AddressesKey, addressesText, "an IP address, or one of each family with a comma between them");
            use |= AnnotationUse.Addresses;
        }
        if (annotations.Network is { } networkText && !configuration.NamesNetwork)
        {
            if (!NetworkName.TryParse(networkText, null, out var name))
                return Wrong(PodAnnotations.NetworkKey, networkText, "a virtual network's name, as fabric network list shows it");
            if (name.Value != VtepMesh.DefaultNetwork)
            {
                if (configuration.Ipam is { } ipam)
                {
                    return Wrong(PodAnnotations.NetworkKey, networkText,
                        $"absent: IPAM plugin {ipam.Type} assigns the addresses, and a virtual network does so itself");
                }
                (network, use) = (name, use | AnnotationUse.Network);
            }
        }
        return use == AnnotationUse.None
            ? (configuration, null)
            : (configuration with
            {
                Mac = mac,
                Ips = ips,
                VirtualNetwork = network,
                Annotations = use,
                Digest = ConfigurationDigest.With(configuration.Digest, use, mac, ips, network),
            }, null);

        (CniConfiguration?, CniError?) Wrong(string key, string value, string rule) =>
            (null, CniErrors.InvalidConfiguration($"annotation {key} of pod {pod}", $"\"{value}\"", rule, correlation));
    }

    /// <returns>Empty: the text is not what it should be.</returns>
    private static ImmutableArray<IpAddress> Addresses(string text)
    {
        var addresses = ImmutableArray.CreateBuilder<IpAddress>(2);
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!CniArgs.TryAddress(item, out var address) || addresses.Any(a => a.IsV6 == address.IsV6))
                return [];
            addresses.Add(address);
        }
        return addresses.DrainToImmutable();
    }
}
