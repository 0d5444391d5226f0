using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <content>What the owner loop is told, and what it remembers of a request.</content>
public sealed partial class OvsdbClient
{
    private static OvsdbException NotConnected(string method) =>
        new(OvsdbErrorCode.NotConnected, method, "there is no connection to the server");

    private sealed record Pending(string Method, Action<Reply<JsonElement>> Done);

    /// <summary>What the owner loop is told.</summary>
    private abstract record Input
    {
        internal sealed record Request(
            long Id,
            string Method,
            ReadOnlyMemory<byte> Message,
            TaskCompletionSource<Reply<JsonElement>> Done) : Input;

        internal sealed record Abandon(long Id) : Input;

        internal sealed record Received(OvsdbSession Session, JsonElement Message) : Input;

        internal sealed record Connected(OvsdbSession Session) : Input;

        internal sealed record Lost(OvsdbSession Session, Exception Cause) : Input;

        internal sealed record StartMonitor(OvsdbMonitor Monitor) : Input;

        internal sealed record StopMonitor(OvsdbMonitor Monitor) : Input;

        internal sealed record Tick : Input;
    }
}
