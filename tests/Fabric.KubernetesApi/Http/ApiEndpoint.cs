using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Fabric.KubernetesApi;

/// <summary>Answers one request: who asks, what goes wrong on demand, then the documents or the objects.</summary>
internal sealed class ApiEndpoint(
    ApiState state, ServerFaults faults, TimeProvider time, Func<string?, X509Certificate2?, bool> isKnown, bool needsCredentials,
    Action<string> requested)
{
    private readonly ObjectRequests _objects = new(state);
    private readonly WatchRequests _watches = new(state, faults, time);

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            requested($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            await faults.DelayAsync(context.RequestAborted);
            await AnswerAsync(context);
        }
        catch (ApiStatusException exception) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, exception.Code, exception.ToStatus());
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException
            && context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone, or its connection was broken off: nobody hears an answer.
            context.Abort();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException
            && !context.Response.HasStarted)
        {
            // An object that this server cannot make sense of, where kube-apiserver has a schema to say so with.
            await WriteAsync(context, 400, ApiStatusException.BadRequest(exception.Message).ToStatus());
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path is ["readyz" or "livez" or "healthz", ..])
        {
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync("ok", context.RequestAborted);
            return;
        }
        if (needsCredentials && !isKnown(Token(context), context.Connection.ClientCertificate))
            throw new ApiStatusException(401, "Unauthorized", "Unauthorized");
        if (faults.TakeFailure() is var (status, retryAfter))
        {
            if (retryAfter is { } after)
                context.Response.Headers.RetryAfter = ((int)after.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            throw status;
        }
        if (path is ["openapi", ..])
            await OpenApi.AnswerAsync(context, path);
        else if (Discovery.Document(state, path, context.Request.Host.Value ?? "") is { } document)
            await WriteAsync(context, 200, document);
        else if (Target.Find(state, path) is { } target)
            await AnswerAsync(context, target);
        else
            throw ApiStatusException.NoSuchPath();
    }

    private async Task AnswerAsync(HttpContext context, Target target)
    {
        var query = new RequestQuery(context.Request.Query);
        if (context.Request.Method == "GET" && target.Name is null && query.IsWatch)
        {
            await _watches.AnswerAsync(context, target, query);
            return;
        }
        var body = await BodyAsync(context);
        var agent = context.Request.Headers.UserAgent.ToString().Split('/')[0];
        var (code, answer) = _objects.Answer(context.Request.Method, target, query.WithAgent(agent), context.Request.ContentType, body);
        if (Tables.AreWanted(context.Request) && code == 200 && context.Request.Method == "GET")
            answer = Tables.Of(target.Kind, answer, query.IncludeObject, time.GetUtcNow());
        await WriteAsync(context, code, answer);
    }

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext context)
    {
        const int Most = 3_145_728;
        using var body = new MemoryStream();
        var part = new byte[16384];
        while (await context.Request.Body.ReadAsync(part, context.RequestAborted) is > 0 and var read)
        {
            body.Write(part, 0, read);
            if (body.Length > Most)
                throw new ApiStatusException(413, "RequestEntityTooLarge", $"Request entity too large: limit is {Most}");
        }
        return body.ToArray();
    }

    private static string? Token(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? header["Bearer ".Length..].Trim()
            : null;

    private static async Task WriteAsync(HttpContext context, int code, JsonObject answer)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, Json.Plain);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
