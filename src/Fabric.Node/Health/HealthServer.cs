using System.Net;
using Fabric.Actors;
using Microsoft.AspNetCore.Http;

namespace Fabric.Node;

/// <summary>Answers Kubernetes' probes: <c>/startupz</c>, <c>/readyz</c>, <c>/healthz</c>.</summary>
/// <remarks>
/// Liveness asks one thing, whether the event loop turns: a restart of the agent repairs neither Open vSwitch nor the cluster
/// store, and would only add to an outage of either.
/// </remarks>
/// <param name="started">Whether the agent has recovered and answers CNI calls; any thread.</param>
/// <param name="readiness">Called on the event loop.</param>
public sealed class HealthServer(EventLoop loop, LoopPulse pulse, Func<bool> started, Func<Readiness> readiness, TimeProvider time)
    : IAsyncDisposable
{
    private HttpSocket? _socket;

    /// <summary>The address listened on; throws before <see cref="StartAsync"/>.</summary>
    public string Address => _socket!.Address;

    /// <exception cref="HttpSocketException">The address is taken or not this machine's.</exception>
    public async Task StartAsync(IPEndPoint address, CancellationToken cancellationToken) =>
        _socket = await HttpSocket.ListenAsync(address, HandleAsync, cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _socket?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        try
        {
            var (status, text) = context.Request.Path.Value switch
            {
                _ when !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) =>
                    (405, "GET or HEAD"),
                "/startupz" => started() ? (200, "started") : (503, "recovering"),
                "/healthz" => await pulse.TurnsAsync(context.RequestAborted)
                    ? (200, "the event loop turns")
                    : (503, $"the event loop did not turn for {LoopPulse.Deadline.TotalSeconds:0} s"),
                "/readyz" => await ReadyAsync(context.RequestAborted),
                _ => (404, "/startupz, /readyz, /healthz"),
            };
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/plain; charset=utf-8";
            if (!HttpMethods.IsHead(context.Request.Method))
                await context.Response.WriteAsync($"{text}\n", context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The prober left: nobody is there for an answer.
            context.Abort();
        }
    }

    private async Task<(int Status, string Text)> ReadyAsync(CancellationToken cancellationToken)
    {
        if (!started())
            return (503, "recovering");
        try
        {
            var now = await loop.RunAsync(() => Task.FromResult(readiness())).WaitAsync(LoopPulse.Deadline, time, cancellationToken);
            return now.IsReady ? (200, "ready") : (503, $"{now.Code}: {now.Reason}");
        }
        catch (TimeoutException)
        {
            return (503, "the event loop does not answer");
        }
    }
}
