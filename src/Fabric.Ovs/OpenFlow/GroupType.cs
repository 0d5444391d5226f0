namespace Fabric.Ovs.OpenFlow;

/// <summary>How a group chooses among its buckets (OpenFlow 1.5.1, 7.3.4.4).</summary>
public enum GroupType : byte
{
    /// <summary>Each bucket gets a copy of the packet.</summary>
    All = 0,

    /// <summary>One bucket, chosen by the switch.</summary>
    Select = 1,

    /// <summary>The one bucket that there is.</summary>
    Indirect = 2,

    /// <summary>The first bucket whose watched port or group is live.</summary>
    FastFailover = 3,
}
