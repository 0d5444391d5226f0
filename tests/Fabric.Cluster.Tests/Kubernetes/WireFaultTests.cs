using Fabric.Cluster.Kubernetes;
using Microsoft.Extensions.Time.Testing;
using static Fabric.Cluster.Tests.ScriptedServer;

namespace Fabric.Cluster.Tests;

/// <summary>What the client makes of answers that go wrong on the wire.</summary>
public sealed class WireFaultTests
{
    private const string Node = """{"metadata":{"name":"a","resourceVersion":"7"}}""";

    [Fact]
    public async Task A_write_refused_for_its_token_is_sent_again_with_the_rotated_one()
    {
        ScriptedServer? made = null;
        using var server = made = new ScriptedServer(Answer("401 Unauthorized", "{}"), Answer("201 Created", Node))
        {
            OnRequest = i => File.WriteAllText(made!.TokenFile, $"new{i}"),
        };
        using var api = server.Open();
        Assert.Equal("7", (await CreateAsync(api)).Metadata.ResourceVersion);
        Assert.Collection(server.Requests, r => Assert.Contains("Bearer old", r), r => Assert.Contains("Bearer new0", r));
    }

    [Fact]
    public async Task A_write_whose_answer_breaks_off_may_have_been_carried_out()
    {
        using var server = new ScriptedServer("HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n" + Node);
        using var api = server.Open();
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => CreateAsync(api));
        Assert.Equal((ApiFault.Unreachable, false), (failure.Fault, failure.IsSurelyUndone));
    }

    [Fact]
    public async Task Too_many_requests_says_when_to_come_again()
    {
        using var server = new ScriptedServer(Answer("429 Too Many Requests", "slow down", "Retry-After: 7\r\n"));
        using var api = server.Open();
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => CreateAsync(api));
        Assert.Equal((ApiFault.TooManyRequests, true, TimeSpan.FromSeconds(7)), (failure.Fault, failure.IsSurelyUndone, failure.RetryAfter!.Value));
        Assert.Contains("slow down", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("503 Service Unavailable", ApiFault.Unavailable, false)]
    [InlineData("500 Internal Server Error", ApiFault.Internal, false)]
    [InlineData("413 Request Entity Too Large", ApiFault.TooLarge, true)]
    [InlineData("422 Unprocessable Entity", ApiFault.Invalid, true)]
    public async Task What_is_no_Status_is_told_by_its_code(string status, ApiFault fault, bool undone)
    {
        using var server = new ScriptedServer(Answer(status, "<html>\nproxy</html>"));
        using var api = server.Open();
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => CreateAsync(api));
        Assert.Equal((fault, undone), (failure.Fault, failure.IsSurelyUndone));
    }

    [Fact]
    public async Task A_server_that_never_answers_leaves_a_write_unknown_at_the_deadline()
    {
        var time = new FakeTimeProvider();
        var asked = new TaskCompletionSource();
        using var server = new ScriptedServer((string?)null) { OnRequest = _ => asked.SetResult() };
        using var api = server.Open(time);
        var creating = CreateAsync(api);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        time.Advance(Cluster.Kubernetes.KubernetesApi.Deadline);
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => creating);
        Assert.Equal((ApiFault.Timeout, false), (failure.Fault, failure.IsSurelyUndone));
    }

    [Fact]
    public async Task What_never_left_is_surely_undone()
    {
        var server = new ScriptedServer();
        using var api = server.Open();
        server.Dispose();
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => CreateAsync(api));
        Assert.True(failure.IsSurelyUndone);
    }

    [Fact]
    public async Task A_watch_gives_its_events_and_an_ERROR_ends_it_as_expired()
    {
        using var server = new ScriptedServer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
            + $$"""{"type":"ADDED","object":{{Node}}}""" + "\n"
            + """{"object":{"kind":"Node","metadata":{"resourceVersion":"9"}},"type":"BOOKMARK"}""" + "\n"
            + """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""" + "\n");
        using var api = server.Open();
        var seen = new List<WatchEvent<NodeObject>>();
        var failure = await Assert.ThrowsAsync<KubernetesException>(async () =>
        {
            await foreach (var e in api.WatchAsync(NodeObject.Resource, ObjectQuery.All, "5", CancellationToken.None))
                seen.Add(e);
        });
        Assert.Equal(ApiFault.Expired, failure.Fault);
        Assert.Collection(seen,
            e => Assert.True(e is WatchEvent<NodeObject>.Put { IsNew: true, Object.Metadata.Name: "a" }),
            e => Assert.Equal(new WatchEvent<NodeObject>.Bookmark("9"), e));
    }

    [Fact]
    public async Task A_watch_cut_in_the_middle_of_an_event_is_a_failure()
    {
        using var server = new ScriptedServer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + """{"type":"ADDED","obj""");
        using var api = server.Open();
        var failure = await Assert.ThrowsAsync<KubernetesException>(async () =>
        {
            await foreach (var _ in api.WatchAsync(NodeObject.Resource, ObjectQuery.All, "5", CancellationToken.None))
            {
            }
        });
        Assert.Equal(ApiFault.Unreachable, failure.Fault);
    }

    [Fact]
    public void Neither_a_kubeconfig_nor_a_pod_is_explained()
    {
        var failure = Assert.Throws<KubernetesException>(() => Cluster.Kubernetes.KubernetesApi.Open(new KubernetesPlace(), TimeProvider.System));
        Assert.Contains("KUBERNETES_SERVICE_HOST", failure.Message, StringComparison.Ordinal);
    }

    private static Task<NodeObject> CreateAsync(Cluster.Kubernetes.KubernetesApi api) =>
        api.CreateAsync(NodeObject.Resource, new NodeObject(new ObjectMeta("a")), CancellationToken.None);
}
