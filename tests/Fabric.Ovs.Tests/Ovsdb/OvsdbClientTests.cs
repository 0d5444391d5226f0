using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Fabric.Ovs.Ovsdb;

namespace Fabric.Ovs.Tests.Ovsdb;

/// <summary>The client against servers that misbehave.</summary>
public sealed class OvsdbClientTests : IDisposable
{
    private const string A = "00000000-0000-0000-0000-00000000000a";
    private const string B = "00000000-0000-0000-0000-00000000000b";
    private const string C = "00000000-0000-0000-0000-00000000000c";
    private static readonly ImmutableArray<OvsdbMonitorTable> Tables = [new("T")];
    private static readonly OvsdbClientOptions Quick = new() { InitialBackoff = TimeSpan.FromMilliseconds(1) };

    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20));

    private CancellationToken Deadline => _deadline.Token;

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public async Task A_request_without_an_answer_times_out_with_unknown_outcome_and_is_cancelled()
    {
        await using var server = new FakeOvsdbServer(_ => null);
        await using var client = await ConnectAsync(
            server, Quick with { RequestTimeout = TimeSpan.FromMilliseconds(50) });

        var failure = await Assert.ThrowsAsync<OvsdbException>(
            () => client.TransactAsync(OvsdbTransaction.Empty, Deadline));

        Assert.Equal(OvsdbErrorCode.RequestTimedOut, failure.Code);
        Assert.True(failure is { IsTransient: true, IsOutcomeUnknown: true });
        var request = await server.Received.ReadAsync(Deadline);
        var cancel = await server.Received.ReadAsync(Deadline);
        Assert.Equal("cancel", cancel.GetProperty("method").GetString());
        Assert.Equal(request.GetProperty("id").GetInt64(), cancel.GetProperty("params")[0].GetInt64());
    }

    [Fact]
    public async Task A_cancelled_request_ends_at_once()
    {
        await using var server = new FakeOvsdbServer(_ => null);
        await using var client = await ConnectAsync(server);
        using var impatient = new CancellationTokenSource();
        var request = client.EchoAsync(impatient.Token);
        await server.Received.ReadAsync(Deadline);
        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact]
    public async Task Connecting_to_a_silent_server_times_out_and_to_none_says_not_connected()
    {
        await using var server = new FakeOvsdbServer(_ => null) { SchemaAnswer = null };
        var silent = await Assert.ThrowsAsync<OvsdbException>(
            () => ConnectAsync(server, Quick with { ConnectTimeout = TimeSpan.FromMilliseconds(50) }));
        Assert.Equal(OvsdbErrorCode.RequestTimedOut, silent.Code);

        var absent = await Assert.ThrowsAsync<OvsdbException>(() => OvsdbClient.ConnectAsync(
            server.Endpoint + "absent", "Test", TimeProvider.System, cancellation: Deadline));
        Assert.Equal((OvsdbErrorCode.NotConnected, true), (absent.Code, absent.IsTransient));
    }

    [Fact]
    public async Task A_refused_database_is_not_transient()
    {
        await using var server = new FakeOvsdbServer(_ => null) { SchemaAnswer = "!\"unknown database\"" };

        var failure = await Assert.ThrowsAsync<OvsdbException>(() => ConnectAsync(server));

        Assert.Equal((OvsdbErrorCode.UnknownDatabase, false), (failure.Code, failure.IsTransient));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public async Task Messages_cut_anywhere_and_glued_together_are_understood(int pieceBytes)
    {
        var text = "{[\"ünïcödé 🐟\\\\\\\"}]";
        await using var server = new FakeOvsdbServer(request =>
            request.GetProperty("method").GetString() == "transact"
                ? $$"""[{"rows":[{"name":{{JsonSerializer.Serialize(text)}}}]}]"""
                : "[]") { PieceBytes = pieceBytes };
        await using var client = await ConnectAsync(server);
        await server.SendAsync(
            """
            {"method":"echo","params":["one"],"id":"echo"} {"method":"later","params":[],"id":null}
            {"method":"echo","params":["two"],"id":"echo"}
            """);

        var results = await client.TransactAsync(OvsdbTransaction.Empty.With(
            new OvsdbOperation.Select("T", [], ["name"])), Deadline);

        Assert.Equal(text, results[0].Rows[0]["name"].Text);
        var sent = new List<string>();
        while (sent.Count < 3)
            sent.Add((await server.Received.ReadAsync(Deadline)).GetRawText());
        Assert.Contains("""{"result":["one"],"error":null,"id":"echo"}""", sent);
        Assert.Contains("""{"result":["two"],"error":null,"id":"echo"}""", sent);
    }

    [Fact]
    public async Task A_lost_connection_fails_requests_under_way_with_unknown_outcome()
    {
        await using var server = new FakeOvsdbServer(_ => null);
        await using var client = await ConnectAsync(server);
        var request = client.TransactAsync(OvsdbTransaction.Empty, Deadline);
        await server.Received.ReadAsync(Deadline);

        server.Cut();

        var failure = await Assert.ThrowsAsync<OvsdbException>(() => request);
        Assert.Equal((OvsdbErrorCode.ConnectionLost, true), (failure.Code, failure.IsOutcomeUnknown));
        await client.WaitConnectedAsync(Deadline);
    }

    [Theory]
    [InlineData("[1,2,3]")]
    [InlineData("5 ")]
    [InlineData("{]")]
    [InlineData("""{"method":"echo"}""")]
    [InlineData("""{"method":"update3","params":[@id,"@A",{"T":{"@A":5}}],"id":null}""")]
    [InlineData("""{"method":"update3","params":[@id,"@A",{"T":{"@A":{"insert":{"nope":1}}}}],"id":null}""")]
    [InlineData("""{"method":"update3","params":[@id,"@A",{"Unwatched":{"@A":{"insert":{}}}}],"id":null}""")]
    [InlineData("""{"method":"update3","params":[@id],"id":null}""")]
    public async Task Nonsense_ends_the_connection_and_the_client_begins_again(string nonsense)
    {
        await using var server = new FakeOvsdbServer(_ => Fill("""[false,"@A",{}]"""));
        await using var client = await ConnectAsync(server);
        await using var monitor = await client.MonitorAsync(Tables, Deadline);
        var id = (await server.Received.ReadAsync(Deadline)).GetProperty("params")[1].GetRawText();
        using var subscription = monitor.Subscribe();
        Assert.IsType<OvsdbMonitorEvent.Initial>(await subscription.Events.ReadAsync(Deadline));

        await server.SendAsync(Fill(nonsense).Replace("@id", id, StringComparison.Ordinal));

        Assert.IsType<OvsdbMonitorEvent.ConnectionLost>(await subscription.Events.ReadAsync(Deadline));
        Assert.IsType<OvsdbMonitorEvent.Resynchronised>(await subscription.Events.ReadAsync(Deadline));
        Assert.True(monitor.IsCurrent);
    }

    [Fact]
    public async Task A_probe_without_an_answer_ends_the_connection()
    {
        await using var server = new FakeOvsdbServer(_ => null);
        await using var client = await ConnectAsync(
            server, Quick with { ProbeInterval = TimeSpan.FromMilliseconds(20) });
        var request = client.TransactAsync(OvsdbTransaction.Empty, Deadline);

        var failure = await Assert.ThrowsAsync<OvsdbException>(() => request);

        Assert.Equal(OvsdbErrorCode.ConnectionLost, failure.Code);
    }

    [Fact]
    public async Task After_a_reconnect_only_what_was_missed_is_fetched_when_the_server_still_knows_it()
    {
        var connection = 0;
        await using var server = new FakeOvsdbServer(_ => connection++ == 0
            ? Fill("""
                [false,"@A",{"T":{"@A":{"initial":{"name":"a","tags":["set",["x","y"]]}},
                "@B":{"initial":{"name":"b"}}}}]
                """)
            : Fill("""
                [true,"@B",{"T":{"@A":{"modify":{"tags":["set",["y","z"]],"number":5}},
                "@B":{"delete":null},"@C":{"insert":{"name":"c","ids":["map",[["k","v"]]]}}}}]
                """));
        await using var client = await ConnectAsync(server);
        await using var monitor = await client.MonitorAsync(Tables, Deadline);
        using var subscription = monitor.Subscribe();
        Assert.IsType<OvsdbMonitorEvent.Initial>(await subscription.Events.ReadAsync(Deadline));
        Assert.Equal(Guid.Parse(A), monitor.LastTransactionId);

        server.Cut();

        Assert.IsType<OvsdbMonitorEvent.ConnectionLost>(await subscription.Events.ReadAsync(Deadline));
        var again = Assert.IsType<OvsdbMonitorEvent.Resynchronised>(await subscription.Events.ReadAsync(Deadline));
        Assert.False(again.Complete);
        Assert.Equal([Guid.Parse(A), Guid.Parse(B), Guid.Parse(C)], again.Changes.Select(change => change.Uuid));
        Assert.Equal(OvsdbValue.Set("x", "z"), again.Changes[0].After!["tags"]);
        Assert.Equal(5, again.Changes[0].After!["number"].Number);
        Assert.Null(again.Changes[1].After);
        Assert.Equal(OvsdbAtom.Real(0), again.Changes[2].After!["real"].Single);
        Assert.Equal(Guid.Parse(B), monitor.LastTransactionId);

        await server.Received.ReadAsync(Deadline);
        var second = await server.Received.ReadAsync(Deadline);
        Assert.Equal(A, second.GetProperty("params")[3].GetString());
    }

    [Fact]
    public async Task After_a_reconnect_to_a_server_that_forgot_only_real_differences_are_told()
    {
        var connection = 0;
        await using var server = new FakeOvsdbServer(_ => connection++ == 0
            ? Fill("""[false,"@A",{"T":{"@A":{"initial":{"name":"a"}},"@B":{"initial":{"name":"b"}}}}]""")
            : Fill("""[false,"@B",{"T":{"@A":{"initial":{"name":"a"}},"@C":{"initial":{"name":"c"}}}}]"""));
        await using var client = await ConnectAsync(server);
        await using var monitor = await client.MonitorAsync(Tables, Deadline);
        using var subscription = monitor.Subscribe();
        await subscription.Events.ReadAsync(Deadline);

        server.Cut();

        await subscription.Events.ReadAsync(Deadline);
        var again = Assert.IsType<OvsdbMonitorEvent.Resynchronised>(await subscription.Events.ReadAsync(Deadline));
        Assert.True(again.Complete);
        Assert.Equal([Guid.Parse(B), Guid.Parse(C)], again.Changes.Select(change => change.Uuid));
    }

    [Fact]
    public async Task An_old_server_is_watched_by_the_methods_it_has()
    {
        var asked = new List<string>();
        await using var server = new FakeOvsdbServer(request =>
        {
            asked.Add(request.GetProperty("method").GetString()!);
            return asked[^1] switch
            {
                "monitor" => Fill("""{"T":{"@A":{"new":{"name":"a","real":1}}}}"""),
                "monitor_cancel" => "{}",
                _ => "!\"unknown method\"",
            };
        });
        await using var client = await ConnectAsync(server);
        await using var monitor = await client.MonitorAsync(Tables, Deadline);
        Assert.Equal(["monitor_cond_since", "monitor_cond", "monitor"], asked);
        Assert.Equal(OvsdbAtom.Real(1), monitor.Snapshot["T"][Guid.Parse(A)]["real"].Single);
        using var subscription = monitor.Subscribe();
        await subscription.Events.ReadAsync(Deadline);

        var id = "";
        while (server.Received.TryRead(out var request))
            id = request.GetProperty("params")[1].GetRawText();
        await server.SendAsync(Fill("""
            {"method":"update","params":[@id,{"T":{"@A":{"old":{"name":"a"},"new":{"name":"z","real":1}}}}],"id":null}
            """).Replace("@id", id, StringComparison.Ordinal));

        var changed = Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        Assert.Equal(("a", "z"), (changed.Changes[0].Before!["name"].Text, changed.Changes[0].After!["name"].Text));
    }

    [Fact]
    public async Task A_slow_subscriber_is_told_that_it_lagged_and_then_hears_everything_again()
    {
        await using var server = new FakeOvsdbServer(request => request.GetProperty("method").GetString() == "echo"
            ? "[]"
            : Fill("""[false,"@A",{}]"""));
        await using var client = await ConnectAsync(server);
        await using var monitor = await client.MonitorAsync(Tables, Deadline);
        var id = (await server.Received.ReadAsync(Deadline)).GetProperty("params")[1].GetRawText();
        using var subscription = monitor.Subscribe(capacity: 3);
        Task SendAsync(string what) => server.SendAsync(
            Fill("""{"method":"update3","params":[@id,"@B",{"T":{"@A":@what}}],"id":null}""")
                .Replace("@id", id, StringComparison.Ordinal)
                .Replace("@what", what, StringComparison.Ordinal));

        await SendAsync("""{"insert":{"name":"0"}}""");
        for (var number = 1; number <= 5; number++)
            await SendAsync("{\"modify\":{\"number\":" + Format(number) + "}}");
        await monitor.WaitAsync(
            snapshot => snapshot["T"].Values.FirstOrDefault(row => row["number"].Number == 5), Deadline);

        Assert.IsType<OvsdbMonitorEvent.Initial>(await subscription.Events.ReadAsync(Deadline));
        Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        Assert.IsType<OvsdbMonitorEvent.Lagged>(await subscription.Events.ReadAsync(Deadline));
        Assert.False(subscription.Events.TryRead(out _));
        await SendAsync("""{"modify":{"number":6}}""");
        var next = Assert.IsType<OvsdbMonitorEvent.Changed>(await subscription.Events.ReadAsync(Deadline));
        Assert.Equal(5, next.Changes[0].Before!["number"].Number);
    }

    [Fact]
    public async Task Disposal_fails_what_waits()
    {
        await using var server = new FakeOvsdbServer(_ => Fill("""[false,"@A",{}]"""));
        var client = await ConnectAsync(server);
        var monitor = await client.MonitorAsync(Tables, Deadline);
        var waiting = monitor.WaitAsync<object>(_ => null, Deadline);

        await client.DisposeAsync();

        Assert.Equal(OvsdbErrorCode.Disposed, (await Assert.ThrowsAsync<OvsdbException>(() => waiting)).Code);
        var late = await Assert.ThrowsAsync<OvsdbException>(() => client.EchoAsync(Deadline));
        Assert.Equal(OvsdbErrorCode.NotConnected, late.Code);
    }

    [Fact]
    public async Task Awaits_resume_in_the_callers_single_threaded_context()
    {
        await using var server = new FakeOvsdbServer(request => request.GetProperty("method").GetString() == "echo"
            ? "[]"
            : Fill("""[false,"@A",{}]"""));
        var context = new OneThread();
        context.Run(async () =>
        {
            var mine = Environment.CurrentManagedThreadId;
            await using var client = await ConnectAsync(server);
            Assert.Equal(mine, Environment.CurrentManagedThreadId);
            await using var monitor = await client.MonitorAsync(Tables, Deadline);
            Assert.Equal(mine, Environment.CurrentManagedThreadId);
            for (var round = 0; round < 100; round++)
                await client.EchoAsync(Deadline);
            Assert.Equal(mine, Environment.CurrentManagedThreadId);
        });
    }

    private static string Fill(string json) => json
        .Replace("@A", A, StringComparison.Ordinal)
        .Replace("@B", B, StringComparison.Ordinal)
        .Replace("@C", C, StringComparison.Ordinal);

    private static string Format(int number) => number.ToString(CultureInfo.InvariantCulture);

    private Task<OvsdbClient> ConnectAsync(FakeOvsdbServer server, OvsdbClientOptions? options = null) =>
        OvsdbClient.ConnectAsync(server.Endpoint, "Test", TimeProvider.System, options ?? Quick, Deadline);

    /// <summary>Runs everything posted to it on the thread that called <see cref="Run"/>.</summary>
    private sealed class OneThread : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posted = [];

        public override void Post(SendOrPostCallback d, object? state) => _posted.Add((d, state));

        internal void Run(Func<Task> body)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                var task = body();
                task.ContinueWith(_ => _posted.CompleteAdding(), TaskScheduler.Default);
                foreach (var (callback, state) in _posted.GetConsumingEnumerable())
                    callback(state);
                task.GetAwaiter().GetResult();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
