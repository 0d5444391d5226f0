using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>How the node journal's events are written; the property names are the storage format.</summary>
/// <remarks>Nulls are written: a property that is absent is damage, and reading refuses it.</remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PortEvent.AttachmentRequested))]
[JsonSerializable(typeof(PortEvent.AddressAssigned))]
[JsonSerializable(typeof(PortEvent.OfPortAssigned))]
[JsonSerializable(typeof(PortEvent.AttachmentReady))]
[JsonSerializable(typeof(PortEvent.AttachmentFailed))]
[JsonSerializable(typeof(PortEvent.AttachmentOrphaned))]
[JsonSerializable(typeof(PortEvent.DetachRequested))]
[JsonSerializable(typeof(PortEvent.PortUnplumbed))]
[JsonSerializable(typeof(PortEvent.DetachDelayed))]
[JsonSerializable(typeof(PortEvent.DetachRetried))]
[JsonSerializable(typeof(PortEvent.HoldingReleased))]
[JsonSerializable(typeof(PortEvent.Detached))]
[JsonSerializable(typeof(PoolEvent.PoolOpened))]
[JsonSerializable(typeof(PoolEvent.PoolClosed))]
[JsonSerializable(typeof(PoolEvent.AddressAllocated))]
[JsonSerializable(typeof(PoolEvent.AddressReleased))]
[JsonSerializable(typeof(BridgeEvent.BridgeConfigured))]
[JsonSerializable(typeof(BridgeEvent.OfPortTaken))]
[JsonSerializable(typeof(BridgeEvent.OfPortFreed))]
[JsonSerializable(typeof(TunnelEvent.TunnelOpened))]
[JsonSerializable(typeof(TunnelEvent.TunnelClosed))]
[JsonSerializable(typeof(FlowEvent.FlowsChanged))]
[JsonSerializable(typeof(FlowEvent.FlowsReprogrammed))]
[JsonSerializable(typeof(FlowEvent.DriftFound))]
[JsonSerializable(typeof(FlowEvent.ForeignGroupsFound))]
[JsonSerializable(typeof(FlowEvent.ForeignPortsFound))]
[JsonSerializable(typeof(FlowEvent.HistoryGap))]
[JsonSerializable(typeof(NodeEvent.AgentStarted))]
[JsonSerializable(typeof(NodeEvent.AgentStopped))]
[JsonSerializable(typeof(NodeEvent.ClockStepped))]
[JsonSerializable(typeof(NodeEvent.PodCidrsAdopted))]
[JsonSerializable(typeof(NodeEvent.PodCidrsWithdrawn))]
[JsonSerializable(typeof(NodeEvent.AttachmentsStranded))]
[JsonSerializable(typeof(NodeEvent.RemovedFromCluster))]
[JsonSerializable(typeof(NodeEvent.RejoinedCluster))]
[JsonSerializable(typeof(NodeEvent.DrainChanged))]
[JsonSerializable(typeof(NodeEvent.PeerPathChanged))]
[JsonSerializable(typeof(NodeEvent.SwitchLost))]
[JsonSerializable(typeof(NodeEvent.SwitchRecovered))]
[JsonSerializable(typeof(NodeEvent.JournalReplaced))]
[JsonSerializable(typeof(NodeEvent.JournalUnwritable))]
[JsonSerializable(typeof(NodeEvent.HistoryMissing))]
[JsonSerializable(typeof(ClusterEventObserved))]
public sealed partial class NodeEventJson : JsonSerializerContext;
