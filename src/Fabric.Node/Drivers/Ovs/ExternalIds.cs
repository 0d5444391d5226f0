namespace Fabric.Node;

/// <summary>Keys of external_ids by which Fabric knows its own rows; ownership is written there, never guessed from names.</summary>
internal static class ExternalIds
{
    /// <summary>The bridge whose agent made the row.</summary>
    public const string Owner = "fabric.cni.dev/owner";

    /// <summary>CONTAINER/IFNAME of a pod's port.</summary>
    public const string Attachment = "fabric.cni.dev/attachment";

    /// <summary>The attachment as JSON: what a node whose journal was lost rebuilds it from.</summary>
    public const string Record = "fabric.cni.dev/record";

    /// <summary>The node at the other end of a watched path.</summary>
    public const string Peer = "fabric.cni.dev/peer";

    public const string PodNamespace = "fabric.cni.dev/pod-namespace";

    public const string PodName = "fabric.cni.dev/pod-name";

    public const string PodUid = "fabric.cni.dev/pod-uid";

    /// <summary>The pod's MAC, as other tools on Open vSwitch expect it (ovs-vswitchd.conf.db(5), Interface).</summary>
    public const string AttachedMac = "attached-mac";
}
