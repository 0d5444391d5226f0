namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// A request in flight: a run of xids, and what becomes of the answers. The receive loop alone calls
/// <see cref="OnMessage"/> and <see cref="OnError"/>; <see cref="Fail"/> may come from anywhere.
/// </summary>
internal abstract class PendingRequest(uint firstXid, int count)
{
    internal uint FirstXid { get; } = firstXid;

    internal int Count { get; } = count;

    /// <summary>Whether this request sent the message with that xid. Unsigned wrap-around is intended.</summary>
    internal bool Owns(uint xid) => unchecked(xid - FirstXid) < (uint)Count;

    /// <summary>An answer; returns whether it was the last one.</summary>
    internal abstract bool OnMessage(MessageType type, uint xid, ReadOnlySpan<byte> body);

    /// <summary>An error message; returns whether the request ends with it.</summary>
    internal abstract bool OnError(uint xid, ushort type, ushort code);

    internal abstract void Fail(OpenFlowException reason);
}
