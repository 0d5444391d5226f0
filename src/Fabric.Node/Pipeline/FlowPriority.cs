namespace Fabric.Node.Pipeline;

/// <summary>The priorities, by table; the highest match wins (OpenFlow 1.5.1, 5.3).</summary>
internal static class FlowPriority
{
    /// <summary>Every table's last word.</summary>
    internal const ushort Default = 0;

    internal static class Classifier
    {
        internal const ushort TaggedFrame = 300;
        internal const ushort NodeIdentity = 110;
        internal const ushort KnownSource = 100;
    }

    internal static class SpoofGuard
    {
        internal const ushort Overlay = 400;
        internal const ushort OwnResolution = 310;
        internal const ushort NeighbourDiscovery = 300;
        internal const ushort OwnAddress = 200;
    }

    internal static class ArpNdResponder
    {
        internal const ushort DuplicateDetection = 300;
        internal const ushort SendersOwn = 250;
        internal const ushort Answer = 200;
        internal const ushort Unanswered = 190;
        internal const ushort ToRouter = 100;
    }

    internal static class Conntrack
    {
        internal const ushort Track = 100;
    }

    internal static class ConntrackState
    {
        internal const ushort Invalid = 300;
        internal const ushort ReplyToGateway = 200;
        internal const ushort ReplyOrRelated = 100;
        internal const ushort Original = 90;
    }

    internal static class Forward
    {
        internal const ushort LocalAddress = 300;
        internal const ushort FromTunnel = 200;
        internal const ushort Peer = 150;
        internal const ushort UnknownInCluster = 100;
        internal const ushort Outside = 50;
    }

    internal static class Commit
    {
        internal const ushort FromGateway = 200;
        internal const ushort TakenOver = 150;
        internal const ushort New = 100;
    }
}
