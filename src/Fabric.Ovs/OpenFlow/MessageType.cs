namespace Fabric.Ovs.OpenFlow;

/// <summary>Message types (OpenFlow 1.5.1, 7.1.1).</summary>
internal enum MessageType : byte
{
    Hello = 0,
    Error = 1,
    EchoRequest = 2,
    EchoReply = 3,
    Experimenter = 4,
    FeaturesRequest = 5,
    FeaturesReply = 6,
    FlowMod = 14,
    GroupMod = 15,
    MultipartRequest = 18,
    MultipartReply = 19,
    BarrierRequest = 20,
    BarrierReply = 21,
    BundleControl = 33,
    BundleAdd = 34,
}
