using System.Text.Json.Serialization;

namespace Fabric.Cluster;

/// <summary>How cluster entities' states (snapshots) and leases are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(Membership.State), TypeInfoPropertyName = "MembershipState")]
[JsonSerializable(typeof(PodCidr.State), TypeInfoPropertyName = "PodCidrState")]
[JsonSerializable(typeof(VtepMesh.State), TypeInfoPropertyName = "VtepMeshState")]
[JsonSerializable(typeof(VirtualNetworks.State), TypeInfoPropertyName = "VirtualNetworksState")]
[JsonSerializable(typeof(NodeLeaseRecord))]
[JsonSerializable(typeof(SingletonLeaseRecord))]
internal sealed partial class ClusterJson : JsonSerializerContext;
