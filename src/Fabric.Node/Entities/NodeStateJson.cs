using System.Text.Json.Serialization;

namespace Fabric.Node;

/// <summary>How entities' states are written as snapshots.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AddressPool.State), TypeInfoPropertyName = "AddressPoolState")]
[JsonSerializable(typeof(Bridge.State), TypeInfoPropertyName = "BridgeState")]
[JsonSerializable(typeof(Tunnel.State), TypeInfoPropertyName = "TunnelState")]
[JsonSerializable(typeof(NodeNetworks.State), TypeInfoPropertyName = "NodeNetworksState")]
[JsonSerializable(typeof(FlowRecorder.State), TypeInfoPropertyName = "FlowRecorderState")]
[JsonSerializable(typeof(NodeLife.State), TypeInfoPropertyName = "NodeLifeState")]
[JsonSerializable(typeof(ClusterObserver.State), TypeInfoPropertyName = "ClusterObserverState")]
[JsonSerializable(typeof(PortState), TypeInfoPropertyName = "PortState")]
[JsonSerializable(typeof(NodeState), TypeInfoPropertyName = "NodeState")]
[JsonSerializable(typeof(PortRecord), TypeInfoPropertyName = "PortRecord")]
public sealed partial class NodeStateJson : JsonSerializerContext;
