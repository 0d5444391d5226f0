using System.Security.Cryptography;
using System.Text;

namespace Fabric.Demo;

/// <summary>What a container runtime tells a plugin about a pod: container id, namespace, interface and names.</summary>
internal sealed record Sandbox(string PodName, Net Net)
{
    public const string PodNamespace = "demo";

    public const string IfName = "eth0";

    /// <summary>64 hexadecimal digits, as runtimes give them; the same in every run of the demo.</summary>
    public string ContainerId { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PodName)));

    public void AddTo(Dictionary<string, string> environment)
    {
        environment["CNI_CONTAINERID"] = ContainerId;
        environment["CNI_NETNS"] = Net.Path;
        environment["CNI_IFNAME"] = IfName;
        environment["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={PodNamespace};K8S_POD_NAME={PodName};"
            + $"K8S_POD_INFRA_CONTAINER_ID={ContainerId};K8S_POD_UID={new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(PodName)).AsSpan(0, 16))}";
    }
}
