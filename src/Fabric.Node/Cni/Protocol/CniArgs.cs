using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>What Fabric reads from <c>CNI_ARGS</c>: <c>KEY=VALUE</c> pairs between semicolons, in any order.</summary>
/// <param name="Pod">The Kubernetes pod, if namespace and name are given.</param>
/// <param name="InfraContainerId"><c>K8S_POD_INFRA_CONTAINER_ID</c>, empty if not given.</param>
/// <param name="Mac"><c>MAC</c>.</param>
/// <param name="Ip"><c>IP</c>, an address that is asked for.</param>
/// <remarks>
/// Keys that Fabric doesn't know are ignored, with or without <c>IgnoreUnknown=1</c>: runtimes add keys with new
/// releases, and refusing them would take a node out of service for a word that means nothing here.
/// </remarks>
public sealed record CniArgs(PodRef? Pod, string InfraContainerId, MacAddress? Mac, IpAddress? Ip)
{
    /// <summary>Parses the variable; <paramref name="fault"/> names it and the pair when the answer is null.</summary>
    public static CniArgs? Parse(string text, out string fault)
    {
        fault = "";
        string podNamespace = "", podName = "", podUid = "", infra = "";
        MacAddress? mac = null;
        IpAddress? ip = null;
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=');
            if (equals <= 0)
            {
                fault = $"CNI_ARGS holds '{pair}', which is not KEY=VALUE";
                return null;
            }
            var value = pair[(equals + 1)..];
            switch (pair[..equals])
            {
                case "K8S_POD_NAMESPACE":
                    podNamespace = value;
                    break;
                case "K8S_POD_NAME":
                    podName = value;
                    break;
                case "K8S_POD_UID":
                    podUid = value;
                    break;
                case "K8S_POD_INFRA_CONTAINER_ID":
                    infra = value;
                    break;
                case "MAC" when value.Length > 0:
                    if (!MacRule.TryParse(value, out var parsedMac))
                    {
                        fault = $"CNI_ARGS: MAC '{value}' must be {MacRule.Text}";
                        return null;
                    }
                    mac = parsedMac;
                    break;
                case "IP" when value.Length > 0:
                    if (!TryAddress(value, out var parsedIp))
                    {
                        fault = $"CNI_ARGS: IP '{value}' must be an IP address, with or without a prefix length";
                        return null;
                    }
                    ip = parsedIp;
                    break;
            }
        }
        var pod = podNamespace.Length > 0 && podName.Length > 0 ? new PodRef(podNamespace, podName, podUid) : null;
        return new CniArgs(pod, infra, mac, ip);
    }

    /// <summary>An address as runtimes ask for it: alone or with a prefix length, which is the pool's to decide and is
    /// dropped.</summary>
    internal static bool TryAddress(string text, out IpAddress address)
    {
        if (AddressPrefix.TryParse(text, null, out var prefix))
        {
            address = prefix.Address;
            return true;
        }
        return IpAddress.TryParse(text, null, out address);
    }
}
