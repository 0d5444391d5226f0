namespace Fabric.Ovs.OpenFlow;

/// <summary>Types of OFPT_BUNDLE_CONTROL (OpenFlow 1.5.1, 7.3.9.1).</summary>
internal enum BundleControl : ushort
{
    OpenRequest = 0,
    CloseRequest = 2,
    CloseReply = 3,
    CommitRequest = 4,
    CommitReply = 5,
    DiscardRequest = 6,
}
