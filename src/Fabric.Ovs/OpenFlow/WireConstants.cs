namespace Fabric.Ovs.OpenFlow;

/// <summary>Numbers of the wire format (OpenFlow 1.5.1, 7.1).</summary>
internal static class WireConstants
{
    /// <summary>OpenFlow 1.5.</summary>
    internal const byte Version = 6;

    /// <summary>Bytes of ofp_header.</summary>
    internal const int HeaderLength = 8;

    /// <summary>Vendor id of the Nicira extensions.</summary>
    internal const uint NiciraVendor = 0x0000_2320;
}
