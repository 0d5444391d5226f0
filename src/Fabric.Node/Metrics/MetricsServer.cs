using System.Net;
using Fabric.Actors;
using Microsoft.AspNetCore.Http;

namespace Fabric.Node;

/// <summary>Answers <c>/metrics</c> on a TCP address.</summary>
/// <remarks>A scrape is always answered: what can't be read now keeps its last value, and a series says so.</remarks>
public sealed class MetricsServer(
    EventLoop loop, INodeView view, INodeJournal journal, NodeMetrics metrics, TimeProvider time, IAdminObserver observer)
    : IAsyncDisposable
{
    private static readonly TimeSpan LoopDeadline = TimeSpan.FromSeconds(2);

    private HttpSocket? _socket;

    /// <summary>The address listened on; throws before <see cref="StartAsync"/>.</summary>
    public string Address => _socket!.Address;

    /// <exception cref="HttpSocketException">The address is taken or not this machine's.</exception>
    public async Task StartAsync(IPEndPoint address, CancellationToken cancellationToken) =>
        _socket = await HttpSocket.ListenAsync(address, HandleAsync, cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _socket?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path != "/metrics" || !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = context.Request.Path != "/metrics" ? 404 : 405;
            await context.Response.WriteAsync("GET /metrics\n", context.RequestAborted);
            return;
        }
        try
        {
            await CollectAsync(context.RequestAborted);
            context.Response.ContentType = PrometheusText.ContentType;
            await context.Response.WriteAsync(PrometheusText.Write(metrics.Families), context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The scraper left: nobody is there for an answer.
            context.Abort();
        }
        catch (Exception e)
        {
            observer.RequestFailed("/metrics", e);
            if (context.Response.HasStarted)
                context.Abort();
            else
                context.Response.StatusCode = 500;
        }
    }

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        metrics.UpdateProcess();
        try
        {
            metrics.Update(await loop.RunAsync(() => Task.FromResult(view.Read())).WaitAsync(LoopDeadline, time, cancellationToken));
        }
        catch (TimeoutException e)
        {
            metrics.LoopStuck();
            observer.RequestFailed("/metrics", e);
        }
        try
        {
            metrics.Update(await journal.ReadHorizonAsync(cancellationToken));
        }
        catch (JournalException e)
        {
            observer.RequestFailed("/metrics", e);
        }
    }
}
