using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>A pod: a network namespace and what the ADD of its interface answered.</summary>
public sealed class Pod(EndToEndNode node, LabNamespace network, string containerId) : IDisposable
{
    public EndToEndNode Node { get; } = node;

    public LabNamespace Namespace { get; } = network;

    public string ContainerId { get; } = containerId;

    /// <summary>Further members of its network configuration, as the text of a JSON object.</summary>
    public string Extra { get; init; } = "{}";

    /// <summary>CNI_ARGS, for a pod that the Kubernetes API knows; null: made up.</summary>
    public string? CniArgs { get; set; }

    /// <summary>What the last successful ADD answered.</summary>
    public CniRun? Added { get; private set; }

    public string Address => Added!.Address;

    /// <summary>The host's end of its veth pair.</summary>
    public string HostInterface => Added!.Json["interfaces"]![0]!["name"]!.GetValue<string>();

    /// <summary>Its first IPv6 address.</summary>
    public string AddressV6 => Added!.AddressAt(1);

    public CniCall Call(string command) => Node.Call(command) with
    {
        ContainerId = ContainerId,
        Extra = Extra,
        Netns = Namespace.NetnsPath,
        Args = CniArgs ?? $"IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME={ContainerId};K8S_POD_UID=uid-{ContainerId}",
    };

    public async Task<Pod> AddAsync()
    {
        Added = (await Call("ADD").RunAsync()).MustSucceed();
        return this;
    }

    public Task<CniRun> DelAsync() => Call("DEL").RunAsync();

    public Task<CniRun> CheckAsync() => (Call("CHECK") with { PrevResult = Added!.Json }).RunAsync();

    /// <summary>One echo request, answered within a second.</summary>
    public bool Pings(string address) => LabNode.Pings(Namespace, IPAddress.Parse(address));

    /// <summary>One echo request of exactly so many bytes with its headers, which may not be fragmented.</summary>
    public bool PingsWhole(string address, int packetBytes)
    {
        var to = IPAddress.Parse(address);
        // ICMP's header has 8 bytes, IPv4's 20 (RFC 791) and IPv6's 40 (RFC 8200).
        var payload = packetBytes - 8 - (to.AddressFamily == AddressFamily.InterNetworkV6 ? 40 : 20);
        try
        {
            Namespace.Run("ping", "-c", "1", "-W", "1", "-n", "-M", "do", "-s",
                payload.ToString(CultureInfo.InvariantCulture), address);
            return true;
        }
        catch (LabException e) when (e.ExitCode is 1)
        {
            return false;
        }
    }

    public void Dispose()
    {
        // A pod that a test leaves attached would be in the way of the next one.
        if (Added is not null && Node.IsServing)
            Call("DEL").RunAsync().GetAwaiter().GetResult();
        Namespace.Dispose();
    }
}
