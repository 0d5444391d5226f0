using System.Collections.Concurrent;
using System.Net.Sockets;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

public sealed class ConnectionTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_missing_socket_is_a_transient_failure()
    {
        var e = await Assert.ThrowsAsync<OpenFlowException>(
            () => OpenFlowConnection.ConnectAsync("unix:/nonexistent/x.mgmt", TimeProvider.System));
        Assert.Equal(OpenFlowFailure.Disconnected, e.Failure);
        Assert.True(e.IsTransient);
    }

    [Fact]
    public async Task A_switch_without_OpenFlow_15_is_refused()
    {
        await using var fake = new FakeSwitch();
        var connecting = OpenFlowConnection.ConnectAsync(fake.Address, TimeProvider.System);
        await fake.AcceptSocketAsync();
        await fake.SendAsync([4, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 0x1e]);
        var e = await Assert.ThrowsAsync<OpenFlowException>(() => connecting.WaitAsync(Deadline));
        Assert.Equal(OpenFlowFailure.Protocol, e.Failure);
        Assert.False(e.IsTransient);
    }

    [Fact]
    public async Task An_echo_request_is_answered_with_its_payload()
    {
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        await fake.SendAsync([6, 2, 0, 11, 0, 0, 0, 9, 1, 2, 3]);
        Assert.Equal([6, 3, 0, 11, 0, 0, 0, 9, 1, 2, 3], await fake.ReadAsync());
    }

    [Fact]
    public async Task A_reply_that_arrives_byte_by_byte_is_read()
    {
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        var barrier = connection.BarrierAsync();
        var request = await fake.ReadAsync();
        foreach (var octet in (byte[])[6, 21, 0, 8, .. request.AsSpan(4, 4)]) await fake.SendAsync([octet]);
        await barrier.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_multipart_reply_in_many_parts_is_joined()
    {
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        var dump = connection.DumpPortsAsync();
        var request = await fake.ReadAsync();
        byte[] Port(byte number) =>
            [0, 0, 0, number, 0, 40, 0, 0, 2, 0, 0, 0, 0, number, 0, 0, 0x70, number, .. new byte[14], .. new byte[8]];
        byte[] Part(byte more, byte number) =>
            [6, 19, 0, 56, .. request.AsSpan(4, 4), 0, 13, 0, more, 0, 0, 0, 0, .. Port(number)];
        await fake.SendAsync([.. Part(1, 0x31), .. Part(1, 0x32), .. Part(0, 0x33)]);
        Assert.Equal(["p1", "p2", "p3"], (await dump.WaitAsync(Deadline)).Select(port => port.Name));
    }

    [Fact]
    public async Task A_peer_that_closes_its_sending_side_fails_requests_and_completes_Disconnected()
    {
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        var barrier = connection.BarrierAsync();
        fake.Peer.Shutdown(SocketShutdown.Send);
        var e = await Assert.ThrowsAsync<OpenFlowException>(() => barrier.WaitAsync(Deadline));
        Assert.Equal(OpenFlowFailure.Disconnected, e.Failure);
        Assert.True(e.IsTransient);
        Assert.Equal(OpenFlowFailure.Disconnected, (await connection.Disconnected.WaitAsync(Deadline)).Failure);
        await Assert.ThrowsAsync<OpenFlowException>(() => connection.BarrierAsync());
    }

    [Fact]
    public async Task Bytes_that_are_not_OpenFlow_break_the_connection()
    {
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        await fake.SendAsync([6, 21, 0, 3, 0, 0, 0, 9]);
        Assert.Equal(OpenFlowFailure.Protocol, (await connection.Disconnected.WaitAsync(Deadline)).Failure);
    }

    [Fact]
    public async Task A_request_without_an_answer_ends_at_its_deadline()
    {
        var time = new ManualTime();
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync(
            time, new OpenFlowConnectionOptions { EchoInterval = TimeSpan.FromHours(1) });
        var barrier = connection.BarrierAsync();
        await fake.ReadAsync();
        time.Advance(TimeSpan.FromSeconds(11));
        var e = await Assert.ThrowsAsync<OpenFlowException>(() => barrier.WaitAsync(Deadline));
        Assert.Equal(OpenFlowFailure.Timeout, e.Failure);
        Assert.True(e.IsTransient);
    }

    [Fact]
    public async Task A_silent_switch_is_asked_for_an_echo_and_then_given_up()
    {
        var time = new ManualTime();
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync(time);
        time.Advance(TimeSpan.FromSeconds(5));
        var echo = await fake.ReadAsync();
        Assert.Equal((byte)MessageType.EchoRequest, echo[1]);
        time.Advance(TimeSpan.FromSeconds(5));
        var reason = await connection.Disconnected.WaitAsync(Deadline);
        Assert.Contains("silent", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_cancelled_before_its_commit_is_discarded_and_never_committed()
    {
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        using var cancel = new CancellationTokenSource();
        var applying = connection.ApplyBundleAsync([FlowMod.Add(new Flow())], cancel.Token);
        byte[] close = [];
        for (var i = 0; i < 3; i++) close = await fake.ReadAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => applying.WaitAsync(Deadline));
        var discard = await fake.ReadAsync();
        Assert.Equal((byte)BundleControl.DiscardRequest, discard[13]);

        // The late answer belongs to nobody, and the connection goes on.
        await fake.SendAsync([.. close.AsSpan(0, 13), (byte)BundleControl.CloseReply, .. close.AsSpan(14)]);
        var barrier = connection.BarrierAsync();
        var request = await fake.ReadAsync();
        Assert.Equal((byte)MessageType.BarrierRequest, request[1]);
        await fake.SendAsync([6, 21, 0, 8, .. request.AsSpan(4, 4)]);
        await barrier.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Disposing_fails_requests_in_flight()
    {
        await using var fake = new FakeSwitch();
        var connection = await fake.AcceptAsync();
        var barrier = connection.BarrierAsync();
        await connection.DisposeAsync();
        await Assert.ThrowsAsync<OpenFlowException>(() => barrier.WaitAsync(Deadline));
        Assert.True(connection.Disconnected.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_switch_that_answers_before_it_reads_does_not_block_a_large_write()
    {
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        var flow = FlowMod.Add(new Flow { Match = Match.Any.Tcp().TpDst(80), Actions = [FlowAction.Output(1)] });
        var applying = connection.ApplyAsync([.. Enumerable.Repeat(flow, 20_000)]);
        var first = await fake.ReadAsync();

        // More answers than socket buffers hold, while the switch reads nothing.
        byte[] noise = [6, 10, 0, 8, 0, 0, 0, 0];
        var block = Enumerable.Repeat(noise, 4096).SelectMany(bytes => bytes).ToArray();
        for (var i = 0; i < 100; i++) await fake.SendAsync(block).WaitAsync(Deadline);
        Assert.False(applying.IsCompleted);
        byte[] message;
        do
        {
            message = await fake.ReadAsync();
        }
        while (message[1] != (byte)MessageType.BarrierRequest);

        await fake.SendAsync([6, 21, 0, 8, .. message.AsSpan(4, 4)]);
        await applying.WaitAsync(Deadline);
        Assert.Equal((byte)MessageType.FlowMod, first[1]);
    }

    [Fact]
    public async Task Requests_can_be_awaited_on_a_single_threaded_context()
    {
        // A thread of its own, which pumps the context until the work is done.
        var result = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            var queue = new BlockingCollection<(SendOrPostCallback Callback, object? State)>();
            SynchronizationContext.SetSynchronizationContext(new QueueContext(queue));
            _ = WorkAsync().ContinueWith(
                work =>
                {
                    if (work.Exception is { } e) result.SetException(e);
                    else result.SetResult(work.Result == Environment.CurrentManagedThreadId);
                    queue.CompleteAdding();
                },
                TaskScheduler.FromCurrentSynchronizationContext());
            foreach (var (callback, state) in queue.GetConsumingEnumerable()) callback(state);
        });
        thread.Start();
        Assert.True(await result.Task.WaitAsync(Deadline));

        static async Task<int> WorkAsync()
        {
            await using var fake = new FakeSwitch();
            await using var connection = await fake.AcceptAsync();
            var barrier = connection.BarrierAsync();
            var request = await fake.ReadAsync();
            await fake.SendAsync([6, 21, 0, 8, .. request.AsSpan(4, 4)]);
            await barrier;
            return Environment.CurrentManagedThreadId;
        }
    }

    private sealed class QueueContext(BlockingCollection<(SendOrPostCallback, object?)> queue) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => queue.Add((d, state));
    }
}
