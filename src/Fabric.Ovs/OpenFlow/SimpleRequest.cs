namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// A request of one or more messages that ends with the reply to the last of them, and fails with the first error.
/// </summary>
/// <param name="firstXid">Xid of the first message.</param>
/// <param name="count">Number of messages.</param>
/// <param name="operation">Words for errors; given the place of the refused message.</param>
/// <param name="flowMod">The change sent with the message of that place, or null.</param>
/// <param name="read">Reads a reply; returns whether it was the last part.</param>
internal sealed class SimpleRequest(
    uint firstXid, int count, string operation, Func<int, FlowMod?>? flowMod, SimpleRequest.Read? read)
    : PendingRequest(firstXid, count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenFlowException? _error;

    internal delegate bool Read(MessageType type, ReadOnlySpan<byte> body);

    internal Task Done => _done.Task;

    internal override bool OnMessage(MessageType type, uint xid, ReadOnlySpan<byte> body)
    {
        if (read is not null && !read(type, body)) return false;
        if (_error is null) _done.TrySetResult();
        else _done.TrySetException(_error);
        return true;
    }

    internal override bool OnError(uint xid, ushort type, ushort code)
    {
        var place = (int)unchecked(xid - FirstXid);
        var mod = flowMod?.Invoke(place);
        _error ??= new OpenFlowException(type, code, mod is null ? operation : $"{operation}: {mod}", mod);
        if (place != Count - 1) return false;

        // The last message carries the reply that would end the request; refused, it sends none.
        _done.TrySetException(_error);
        return true;
    }

    internal override void Fail(OpenFlowException reason) => _done.TrySetException(reason);
}
