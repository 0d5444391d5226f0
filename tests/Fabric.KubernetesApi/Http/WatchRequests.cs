using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Fabric.KubernetesApi;

/// <summary>Watches: one line of JSON for each event, until the client goes, the time is over or the server ends them.</summary>
internal sealed class WatchRequests(ApiState state, ServerFaults faults, TimeProvider time)
{
    // kube-apiserver draws it between 30 and 60 minutes.
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(45);

    public async Task AnswerAsync(HttpContext context, Target target, RequestQuery query)
    {
        var isTable = Tables.AreWanted(context.Request);
        using var end = new CancellationTokenSource(query.Timeout ?? LongestWatch, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, context.RequestAborted);
        using var watch = Begin(target, query, out var expired);
        context.Response.ContentType = "application/json";
        // kube-apiserver answers at once: a client may count on the watch from then on.
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        if (watch is null)
        {
            await LineAsync(context, "ERROR", expired!.ToStatus());
            return;
        }
        try
        {
            while (await watch.WaitAsync(either.Token))
            {
                while (watch.TryRead(out var read))
                {
                    // A row for each; the columns come with every table, and kubectl prints them once.
                    var shown = isTable && read.Type != "BOOKMARK"
                        ? Tables.Of(target.Kind, read.Object, query.IncludeObject, time.GetUtcNow())
                        : read.Object;
                    await LineAsync(context, read.Type, shown);
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            // Its time is over: the answer ends in good order.
            return;
        }
        catch (ApiStatusException exception)
        {
            await LineAsync(context, "ERROR", exception.ToStatus());
        }
    }

    private ApiWatch? Begin(Target target, RequestQuery query, out ApiStatusException? expired)
    {
        expired = null;
        try
        {
            return state.Watch(target.Kind, query.List(target.Namespace), query.WantsBookmarks);
        }
        catch (ApiStatusException exception) when (exception.Code == 410)
        {
            // It comes as a line of the watch, in an answer that is 200.
            expired = exception;
            return null;
        }
    }

    /// <summary>
    /// Ends the connection after what is sent. An abort alone would reset it, and what the client has not read yet would be lost.
    /// </summary>
    private async Task HangUpAsync(HttpContext context)
    {
        if (context.Request.Protocol == HttpProtocol.Http11 && context.Features.Get<IConnectionTransportFeature>() is { } connection)
        {
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
            await using (context.RequestAborted.Register(() => gone.TrySetResult()))
            await using (patience.Token.Register(() => gone.TrySetResult()))
            {
                await connection.Transport.Output.CompleteAsync();
                await gone.Task;
            }
        }
        context.Abort();
    }

    private async Task LineAsync(HttpContext context, string type, JsonObject content)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["type"] = type, ["object"] = content }, Json.Plain);
        if (faults.TakeCut())
        {
            await context.Response.Body.WriteAsync(line.AsMemory(0, line.Length / 2), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await HangUpAsync(context);
            throw new OperationCanceledException("cut on demand", context.RequestAborted);
        }
        await context.Response.Body.WriteAsync(line, context.RequestAborted);
        await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
