namespace Fabric.Ovs.OpenFlow;

/// <summary>The requests.</summary>
public sealed partial class OpenFlowConnection
{
    /// <summary>
    /// Applies all changes in order, or none: either every change is in effect when the task completes, or it fails
    /// and nothing was changed. Packets see all of them at once.
    /// </summary>
    /// <remarks>
    /// Open vSwitch leaves a bundle open, without the refused part, when one of its messages is refused on arrival;
    /// committed, it would apply the rest. So the commit is sent only after the answer to closing the bundle shows
    /// that every message was taken. Cancelled before that, nothing is applied; later, it is unknown. Deletions alone go
    /// out together with their commit: it is no harm if the others are gone although one was refused, as long as the
    /// caller hears of it, and the answer comes a turn of the switch's main loop earlier.
    /// </remarks>
    /// <exception cref="OpenFlowException">
    /// Refused: <see cref="OpenFlowException.FlowMod"/> is the change the switch named. Disconnected or Timeout: the
    /// outcome is unknown.
    /// </exception>
    public async Task ApplyBundleAsync(IReadOnlyList<FlowMod> mods, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mods);
        if (mods.Count == 0) return;
        var bundle = Interlocked.Increment(ref _nextBundle);
        var first = TakeXids(mods.Count + 3);
        FlowMod? ModAt(int place) => place >= 1 && place <= mods.Count ? mods[place - 1] : null;
        var commits = mods.All(static mod => mod.Command is FlowModCommand.Delete or FlowModCommand.DeleteStrict);
        var filling = BundleMessages(mods, bundle, first, commits);
        if (commits)
        {
            var whole = new SimpleRequest(first, mods.Count + 3, "bundle", ModAt, BundleReply(BundleControl.CommitReply));
            await SendAndWaitAsync(filling, whole, "bundle", cancellationToken).ConfigureAwait(false);
            return;
        }

        var fill = new SimpleRequest(first, mods.Count + 2, "bundle", ModAt, BundleReply(BundleControl.CloseReply));
        try
        {
            await SendAndWaitAsync(filling, fill, "bundle", cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Discard(bundle);
            throw;
        }

        // A change refused at commit is named by its own xid, so this request answers for those as well.
        var commit = new SimpleRequest(first, mods.Count + 3, "bundle", ModAt, BundleReply(BundleControl.CommitReply));
        var message = new WireWriter(64);
        MessageWriter.Bundle(message, BundleControl.CommitRequest, bundle, first + (uint)mods.Count + 2);
        await SendAndWaitAsync([message], commit, "bundle commit", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Applies the changes one after the other and waits for a barrier. The changes that were not refused stay in
    /// effect when another one is; the error names the first refused change.
    /// </summary>
    /// <exception cref="OpenFlowException">A change was refused, or the connection failed.</exception>
    public async Task ApplyAsync(IReadOnlyList<FlowMod> mods, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mods);
        if (mods.Count == 0) return;
        var first = TakeXids(mods.Count + 1);
        var message = new WireWriter(64 + 160 * mods.Count);
        for (var i = 0; i < mods.Count; i++) MessageWriter.FlowMod(message, mods[i], first + (uint)i);
        MessageWriter.Empty(message, MessageType.BarrierRequest, first + (uint)mods.Count);
        var request = new SimpleRequest(
            first, mods.Count + 1, "flow_mod", place => place < mods.Count ? mods[place] : null, BarrierReply);
        await SendAndWaitAsync([message], request, "flow_mod", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until the switch has finished everything sent before.</summary>
    public Task BarrierAsync(CancellationToken cancellationToken = default) => RequestAsync(
        "barrier", static (w, xid) => MessageWriter.Empty(w, MessageType.BarrierRequest, xid), BarrierReply,
        cancellationToken);

    /// <summary>Asks the switch for a sign of life.</summary>
    public Task EchoAsync(CancellationToken cancellationToken = default) => RequestAsync(
        "echo", (w, xid) => MessageWriter.Empty(w, MessageType.EchoRequest, xid),
        static (type, _) => type == MessageType.EchoReply, cancellationToken);

    /// <summary>The flows of the switch, in the order it lists them.</summary>
    public async Task<IReadOnlyList<Flow>> DumpFlowsAsync(
        FlowFilter? filter = null, CancellationToken cancellationToken = default)
    {
        var statistics = await DumpStatisticsAsync(filter, cancellationToken).ConfigureAwait(false);
        return [.. statistics.Select(entry => entry.Flow)];
    }

    /// <summary>The flows of the switch with their counters, in the order it lists them.</summary>
    public async Task<IReadOnlyList<FlowStatistics>> DumpStatisticsAsync(
        FlowFilter? filter = null, CancellationToken cancellationToken = default)
    {
        var flows = new List<FlowStatistics>();
        await RequestAsync(
            "dump flows", (w, xid) => MessageWriter.FlowDescRequest(w, filter ?? FlowFilter.All, xid),
            (type, body) => ReadMultipart(
                type, MultipartType.FlowDesc, body, part => ReplyReader.ReadFlows(part, flows)),
            cancellationToken).ConfigureAwait(false);
        return flows;
    }

    /// <summary>The ports of the bridge.</summary>
    public async Task<IReadOnlyList<PortDescription>> DumpPortsAsync(CancellationToken cancellationToken = default)
    {
        var ports = new List<PortDescription>();
        await RequestAsync(
            "dump ports", MessageWriter.PortDescRequest,
            (type, body) => ReadMultipart(
                type, MultipartType.PortDesc, body, part => ReplyReader.ReadPorts(part, ports)),
            cancellationToken).ConfigureAwait(false);
        return ports;
    }

    /// <summary>Forgets every connection of a conntrack zone.</summary>
    public Task FlushZoneAsync(ushort zone, CancellationToken cancellationToken = default) =>
        WithBarrierAsync("flush zone", (w, xid) => MessageWriter.CtFlushZone(w, zone, xid), cancellationToken);

    /// <summary>Forgets the connections that have all the given parts. Open vSwitch 3.1 and later.</summary>
    /// <exception cref="OpenFlowException">Refused as OFPBRC_BAD_SUBTYPE by an older switch.</exception>
    public Task FlushConnectionsAsync(CtFlush flush, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(flush);
        return WithBarrierAsync(
            "flush connections", (w, xid) => MessageWriter.CtFlush(w, flush, xid), cancellationToken);
    }

    private static bool BarrierReply(MessageType type, ReadOnlySpan<byte> body) => type == MessageType.BarrierReply;

    private static SimpleRequest.Read BundleReply(BundleControl wanted) => (type, body) =>
        type == MessageType.BundleControl && body.Length >= 6 && (BundleControl)((body[4] << 8) | body[5]) == wanted;

    private static bool ReadMultipart(
        MessageType type, MultipartType wanted, ReadOnlySpan<byte> body, Action<ReadOnlySpan<byte>> read)
    {
        if (type != MessageType.MultipartReply) return false;
        var r = new WireReader(body);
        if ((MultipartType)r.U16() != wanted) throw OpenFlowException.Malformed("a multipart reply of another type");
        var more = (r.U16() & 1) != 0;
        r.Skip(4);
        read(body[8..]);
        return !more;
    }

    private Task RequestAsync(
        string operation, Action<WireWriter, uint> write, SimpleRequest.Read read, CancellationToken cancellationToken)
    {
        var xid = TakeXids(1);
        var message = new WireWriter(256);
        write(message, xid);
        var request = new SimpleRequest(xid, 1, operation, null, read);
        return SendAndWaitAsync([message], request, operation, cancellationToken);
    }

    private Task WithBarrierAsync(
        string operation, Action<WireWriter, uint> write, CancellationToken cancellationToken)
    {
        var xid = TakeXids(2);
        var message = new WireWriter(256);
        write(message, xid);
        MessageWriter.Empty(message, MessageType.BarrierRequest, xid + 1);
        var request = new SimpleRequest(xid, 2, operation, null, BarrierReply);
        return SendAndWaitAsync([message], request, operation, cancellationToken);
    }

    /// <summary>
    /// The messages of a bundle, in parts: while the switch reads one, the next is encoded, and no part is large.
    /// </summary>
    private static IEnumerable<WireWriter> BundleMessages(IReadOnlyList<FlowMod> mods, uint bundle, uint first, bool commits)
    {
        const int partLength = 256;
        for (var start = 0; start < mods.Count; start += partLength)
        {
            var end = Math.Min(start + partLength, mods.Count);
            var part = new WireWriter(64 + 192 * (end - start));
            if (start == 0) MessageWriter.Bundle(part, BundleControl.OpenRequest, bundle, first);
            for (var i = start; i < end; i++) MessageWriter.BundleAdd(part, bundle, mods[i], first + 1 + (uint)i);
            var closeXid = first + 1 + (uint)mods.Count;
            if (end == mods.Count) MessageWriter.Bundle(part, BundleControl.CloseRequest, bundle, closeXid);
            if (end == mods.Count && commits) MessageWriter.Bundle(part, BundleControl.CommitRequest, bundle, closeXid + 1);
            yield return part;
        }
    }

    private async Task SendAndWaitAsync(
        IEnumerable<WireWriter> messages, SimpleRequest request, string operation, CancellationToken cancellationToken)
    {
        Register(request);
        var sending = SendAllAsync(messages, cancellationToken);
        await WaitAsync(Task.WhenAll(sending, request.Done), operation, request, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task SendAllAsync(IEnumerable<WireWriter> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages) await SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Drops a bundle that will not be committed; otherwise the switch keeps it until it ages out.</summary>
    private void Discard(uint bundle)
    {
        var xid = TakeXids(1);
        var message = new WireWriter(64);
        MessageWriter.Bundle(message, BundleControl.DiscardRequest, bundle, xid);
        SendInBackground(message);
    }
}
