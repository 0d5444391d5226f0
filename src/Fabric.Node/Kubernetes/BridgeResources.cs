using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Node.Kubernetes;

/// <summary>
/// How Open vSwitch's bridges appear among a Node's resources: <c>status.capacity["PREFIX/BRIDGE"]</c>, so that pods that need a
/// bridge are scheduled to nodes that have it.
/// </summary>
/// <remarks>
/// What has another prefix is somebody else's. Values are compared as numbers. Capacity alone is written: the kubelet makes
/// status.allocatable from it at its next report, and takes away there what is gone here.
/// </remarks>
/// <param name="Prefix">What <see cref="PrefixFault"/> finds nothing wrong with.</param>
/// <param name="Capacity">How many pod interfaces a bridge takes, from 1 on.</param>
public sealed partial record BridgeResources(string Prefix = BridgeResources.DefaultPrefix, long Capacity = BridgeResources.DefaultCapacity)
{
    /// <summary>The prefix of ovs-cni's marker, which network attachment definitions name in k8s.v1.cni.cncf.io/resourceName.</summary>
    public const string DefaultPrefix = "ovs-cni.network.kubevirt.io";

    /// <summary>What ovs-cni's marker writes.</summary>
    public const long DefaultCapacity = 1000;

    /// <summary>What is wrong with a prefix, as a clause; null if it is a DNS subdomain (RFC 1123) that the API leaves to others.</summary>
    public static string? PrefixFault(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Length > 253 || !Subdomain().IsMatch(prefix))
            return "must be a DNS subdomain like example.com, in lower case";
        return prefix.EndsWith("kubernetes.io", StringComparison.Ordinal)
            ? "must not end in kubernetes.io: such resources are Kubernetes' own"
            : null;
    }

    /// <summary>Whether a bridge can be named by a pod's resource requests at all (Kubernetes' qualified names).</summary>
    public static bool CanBeNamed(string bridge) => bridge.Length <= 63 && QualifiedPart().IsMatch(bridge);

    /// <summary>What must change for the node to have exactly these bridges: a resource's new value, or null where it must go.</summary>
    public ImmutableSortedDictionary<string, string?> Difference(NodeObject node, ImmutableSortedSet<string> bridges)
    {
        var capacity = node.Status?.Capacity ?? ImmutableSortedDictionary<string, string>.Empty;
        var difference = ImmutableSortedDictionary.CreateBuilder<string, string?>(StringComparer.Ordinal);
        foreach (var bridge in bridges.Where(CanBeNamed))
        {
            var name = $"{Prefix}/{bridge}";
            if (!capacity.TryGetValue(name, out var there) || ResourceQuantity.Parse(there) != Capacity)
                difference[name] = Capacity.ToString(CultureInfo.InvariantCulture);
        }
        foreach (var name in capacity.Keys)
        {
            if (name.StartsWith(Prefix + "/", StringComparison.Ordinal) && !bridges.Contains(name[(Prefix.Length + 1)..]))
                difference[name] = null;
        }
        return difference.ToImmutable();
    }

    /// <summary>
    /// A merge patch of the status: it names nothing but the resources that change, so whatever the kubelet writes meanwhile stays.
    /// </summary>
    public static ApiPatch PatchOf(ImmutableSortedDictionary<string, string?> difference)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("status");
            json.WriteStartObject("capacity");
            foreach (var (name, value) in difference)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return new ApiPatch.Merge(buffer.WrittenMemory);
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex QualifiedPart();
}
