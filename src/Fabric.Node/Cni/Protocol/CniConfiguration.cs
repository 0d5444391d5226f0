using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>A network configuration that passed every check.</summary>
/// <param name="CniVersion">The version to answer in: the configuration's, or the highest supported of its
/// cniVersions.</param>
/// <param name="MtuBytes">0: the fabric's.</param>
/// <param name="Ipam">Null: Fabric assigns the addresses.</param>
/// <param name="Mac">The MAC asked for; runtimeConfig.mac wins over CNI_ARGS, which wins over args.cni.mac.</param>
/// <param name="Ips">The addresses asked for; runtimeConfig.ips wins over CNI_ARGS, which wins over
/// args.cni.ips.</param>
/// <param name="PrevResult">Null if there is none, and for DEL, GC and STATUS also if it can't be read.</param>
/// <param name="Digest">Names what an attachment depends on; see <see cref="ConfigurationDigest"/>.</param>
/// <param name="Raw">The bytes from stdin, which delegated plugins get as they are.</param>
/// <param name="VirtualNetwork">The key <c>network</c>; null for the default network.</param>
/// <param name="NamesNetwork">The key <c>network</c> is there, <c>default</c> included.</param>
/// <param name="Annotations">What of it comes from the pod's annotations.</param>
public sealed record CniConfiguration(
    string CniVersion,
    NetworkName Network,
    string Type,
    string AgentSocket,
    int MtuBytes,
    CniIpam? Ipam,
    MacAddress? Mac,
    ImmutableArray<IpAddress> Ips,
    CniDns Dns,
    CniResult? PrevResult,
    string Digest,
    ReadOnlyMemory<byte> Raw,
    NetworkName? VirtualNetwork = null,
    bool NamesNetwork = false,
    AnnotationUse Annotations = AnnotationUse.None);
