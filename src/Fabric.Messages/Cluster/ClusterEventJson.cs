using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>How the cluster journal's events are written; the property names are the storage format.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(MembershipEvent.MemberJoining))]
[JsonSerializable(typeof(MembershipEvent.MemberRestarted))]
[JsonSerializable(typeof(MembershipEvent.MemberUp))]
[JsonSerializable(typeof(MembershipEvent.MemberUnreachable))]
[JsonSerializable(typeof(MembershipEvent.MemberLeaving))]
[JsonSerializable(typeof(MembershipEvent.MemberDown))]
[JsonSerializable(typeof(MembershipEvent.MemberDrained))]
[JsonSerializable(typeof(MembershipEvent.MemberRemoved))]
[JsonSerializable(typeof(MembershipEvent.SingletonMoved))]
[JsonSerializable(typeof(PodCidrEvent.SourceChosen))]
[JsonSerializable(typeof(PodCidrEvent.ClusterCidrAdded))]
[JsonSerializable(typeof(PodCidrEvent.PodCidrAssigned))]
[JsonSerializable(typeof(PodCidrEvent.PodCidrFreed))]
[JsonSerializable(typeof(PodCidrEvent.PodCidrRunningLow))]
[JsonSerializable(typeof(MeshEvent.MeshOpened))]
[JsonSerializable(typeof(MeshEvent.VtepJoined))]
[JsonSerializable(typeof(MeshEvent.VtepLeft))]
[JsonSerializable(typeof(VirtualNetworkEvent.NetworkCreated))]
[JsonSerializable(typeof(VirtualNetworkEvent.NetworkDeleted))]
[JsonSerializable(typeof(VirtualNetworkEvent.NetworkForgotten))]
[JsonSerializable(typeof(VirtualNetworkEvent.BlocksTaken))]
[JsonSerializable(typeof(VirtualNetworkEvent.BlocksReturned))]
[JsonSerializable(typeof(VirtualNetworkEvent.BlocksRested))]
[JsonSerializable(typeof(VirtualNetworkEvent.AddressClaimed))]
[JsonSerializable(typeof(VirtualNetworkEvent.ClaimReleased))]
public sealed partial class ClusterEventJson : JsonSerializerContext;
