using Fabric.Cluster.Kubernetes;
using static Fabric.Cluster.Tests.ScriptedServer;

namespace Fabric.Cluster.Tests;

/// <summary>What an informer has after whatever its server answered.</summary>
public sealed class InformerTests
{
    [Fact]
    public async Task After_a_410_the_list_is_read_by_pages_and_what_was_deleted_meanwhile_goes()
    {
        using var server = new ScriptedServer(
            Answer("200 OK", """{"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}"""),
            Answer("200 OK", """{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}""" + "\n"),
            Answer("200 OK", """{"metadata":{"resourceVersion":"9","continue":"n"},"items":[{"metadata":{"name":"b"}}]}"""),
            Answer("200 OK", """{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"c"}}]}"""),
            null);
        using var api = server.Open();
        var informer = new Informer<NodeObject, string>(
            api, NodeObject.Resource, ObjectQuery.All, n => n.Metadata.Name!, TimeProvider.System, _ => { });
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var running = informer.RunAsync(stop.Token);
        while (true)
        {
            var seen = informer.Changed.Count;
            if (informer.Objects.Values.Order().SequenceEqual(["b", "c"]))
                break;
            await informer.Changed.WaitAsync(seen, stop.Token);
        }
        Assert.True(informer.HasSynced);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
