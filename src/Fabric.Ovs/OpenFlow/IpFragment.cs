namespace Fabric.Ovs.OpenFlow;

/// <summary>What ip_frag matches (ovs-fields(7), "IP Fragment Field").</summary>
public enum IpFragment
{
    /// <summary>Not a fragment.</summary>
    No,

    /// <summary>Any fragment.</summary>
    Yes,

    /// <summary>The first fragment (offset 0, more to come).</summary>
    First,

    /// <summary>A fragment with a nonzero offset.</summary>
    Later,

    /// <summary>Not a fragment, or the first one: the transport header is there.</summary>
    NotLater,
}
