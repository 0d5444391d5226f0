namespace Fabric.Ovs.OpenFlow;

/// <summary>Multipart types (OpenFlow 1.5.1, 7.3.5).</summary>
internal enum MultipartType : ushort
{
    FlowDesc = 1,
    GroupDesc = 7,
    PortDesc = 13,
}
