using System.Net;
using Fabric.Actors;

namespace Fabric.Node.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Probes_tell_start_readiness_and_a_turning_loop_apart()
    {
        await using var loop = new EventLoop("fab-t loop", _ => { });
        var started = false;
        var now = new Readiness(51, "Open vSwitch is not connected");
        await using var server = new HealthServer(loop, new LoopPulse(loop, TimeProvider.System), () => started, () => now, TimeProvider.System);
        await server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        using var client = new HttpClient { BaseAddress = new Uri(server.Address) };

        Assert.Equal((503, "recovering\n"), await ProbeAsync(client, "/startupz"));
        Assert.Equal((200, "the event loop turns\n"), await ProbeAsync(client, "/healthz"));
        started = true;
        Assert.Equal((200, "started\n"), await ProbeAsync(client, "/startupz"));
        Assert.Equal((503, "51: Open vSwitch is not connected\n"), await ProbeAsync(client, "/readyz"));
        Assert.Equal((200, "the event loop turns\n"), await ProbeAsync(client, "/healthz"));
        now = Readiness.Ready;
        Assert.Equal((200, "ready\n"), await ProbeAsync(client, "/readyz"));
        Assert.Equal(404, (await ProbeAsync(client, "/")).Status);
    }

    [Fact]
    public async Task A_loop_that_does_not_turn_is_not_alive()
    {
        await using var loop = new EventLoop("fab-t loop", _ => { });
        using var release = new ManualResetEventSlim();
        loop.Post(_ => release.Wait(), null);
        await using var server = new HealthServer(
            loop, new LoopPulse(loop, TimeProvider.System), () => true, () => Readiness.Ready, TimeProvider.System);
        await server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        using var client = new HttpClient { BaseAddress = new Uri(server.Address) };

        var stuck = await ProbeAsync(client, "/healthz");
        release.Set();

        Assert.Equal(503, stuck.Status);
        Assert.Equal(200, (await ProbeAsync(client, "/healthz")).Status);
    }

    private static async Task<(int Status, string Text)> ProbeAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
