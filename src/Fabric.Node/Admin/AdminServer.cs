using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;
using Microsoft.AspNetCore.Http;

namespace Fabric.Node;

/// <summary>Answers <see cref="AdminPaths"/> on the admin socket.</summary>
/// <remarks>
/// Facts are read and operations carried out on the event loop, everything else happens off it. No request can stop the agent: what
/// fails is answered with an <see cref="AdminError"/> and told to the observer.
/// </remarks>
public sealed class AdminServer : IAsyncDisposable
{
    /// <summary>How long a request waits for the event loop.</summary>
    public static TimeSpan LoopDeadline { get; } = TimeSpan.FromSeconds(5);

    private readonly EventLoop _loop;
    private readonly INodeView _view;
    private readonly INodeJournal _journal;
    private readonly string _journalPath;
    private readonly EventCatalog _catalog;
    private readonly TimeProvider _time;
    private readonly IAdminObserver _observer;
    private readonly StreamTimes _times;
    private readonly AdminOperations _operations;
    private readonly CancellationTokenSource _stopping = new();
    private HttpSocket? _socket;

    public AdminServer(EventLoop loop, INodeView view, INodeJournal journal, string journalPath, EventCatalog catalog,
        TimeProvider time, IAdminObserver observer, IClusterOperations? operations = null)
    {
        _loop = loop;
        _view = view;
        _journal = journal;
        _journalPath = journalPath;
        _catalog = catalog;
        _time = time;
        _observer = observer;
        _times = new StreamTimes(journal, catalog);
        _operations = new AdminOperations(loop, operations, time);
    }

    /// <summary>Listens on a unix socket with mode 0600; a file that a killed agent left is replaced.</summary>
    /// <exception cref="HttpSocketException">Another process listens there, or the directory is missing or not writable.</exception>
    public async Task StartAsync(string socketPath, CancellationToken cancellationToken) =>
        _socket = await HttpSocket.ListenAsync(socketPath, HandleAsync, cancellationToken).ConfigureAwait(false);

    /// <summary>Ends running answers and closes the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_socket is { } socket)
            await socket.DisposeAsync().ConfigureAwait(false);
        // Not disposed of: an answer that outlives the stop's deadline still looks at its token.
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            await DispatchAsync(context, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, or the agent stops: nobody is there for an answer.
            context.Abort();
        }
        catch (TimeoutException e)
        {
            await FailAsync(context, 503, e,
                $"the agent's event loop did not answer within {LoopDeadline.TotalSeconds:0} s; its log may say why");
        }
        catch (JournalException e)
        {
            await FailAsync(context, 500, e, e.Message);
        }
        catch (Exception e)
        {
            await FailAsync(context, 500, e, $"the agent failed to answer: {e.Message}");
        }
    }

    private async Task DispatchAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var path = context.Request.Path.Value ?? "";
        if (!AdminPaths.All.Contains(path))
        {
            await RefuseAsync(context, 404, new AdminError(
                $"there is no '{path}'; there are {string.Join(", ", AdminPaths.All)}", null, null, AdminPaths.All), cancellationToken);
            return;
        }
        var method = AdminPaths.Operations.Contains(path) ? HttpMethods.Post : HttpMethods.Get;
        if (!HttpMethods.Equals(context.Request.Method, method))
        {
            context.Response.Headers.Allow = method;
            await RefuseAsync(context, 405, new AdminError(
                $"{context.Request.Method} is not possible here: {path} answers {method}", null, null, [method]), cancellationToken);
            return;
        }
        if (method == HttpMethods.Post)
        {
            await OperateAsync(context, cancellationToken);
            return;
        }
        if (path == AdminPaths.Events)
        {
            await EventsAsync(context, cancellationToken);
            return;
        }
        if (path == AdminPaths.Members && context.Request.Query.Count == 1 && context.Request.Query["watch"] is ["true"])
        {
            await WatchMembersAsync(context.Response, cancellationToken);
            return;
        }
        if (context.Request.Query.FirstOrDefault(q => path != AdminPaths.Mesh || q.Key != "network") is { Key: { } name } extra)
        {
            await RefuseAsync(context, 400, new AdminError(
                $"{path} takes no parameters, so not '{name}'", name, extra.Value.ToString(), []), cancellationToken);
            return;
        }
        await (path switch
        {
            AdminPaths.Status => StatusAsync(context, cancellationToken),
            AdminPaths.Members => AnswerAsync(
                context, NodeAnswers.Members(await ReadAsync(cancellationToken)), AdminJson.Default.MembersAnswer, cancellationToken),
            AdminPaths.Networks => AnswerAsync(
                context, NodeAnswers.Networks(await ReadAsync(cancellationToken)), AdminJson.Default.NetworksAnswer, cancellationToken),
            AdminPaths.Mesh => MeshAsync(context, cancellationToken),
            AdminPaths.Ports => PortsAsync(context, cancellationToken),
            AdminPaths.Ips => IpsAsync(context, cancellationToken),
            _ => AnswerAsync(
                context, NodeAnswers.Flows(await ReadAsync(cancellationToken)), AdminJson.Default.FlowsAnswer, cancellationToken),
        });
    }

    private async Task OperateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var (done, status, error) = await _operations.RunAsync(context.Request, cancellationToken);
        if (done is null)
        {
            await RefuseAsync(context, status, error!, cancellationToken);
            return;
        }
        var answer = new OperationAnswer(_time.GetUtcNow(), (await ReadAsync(cancellationToken)).Identity.Node, done);
        await AnswerAsync(context, answer, AdminJson.Default.OperationAnswer, cancellationToken);
    }

    /// <summary>One line now and one after each change, until the client leaves. Changes that come together are one line.</summary>
    private async Task WatchMembersAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/x-ndjson";
        while (true)
        {
            var seen = _view.ClusterChanges.Count;
            var members = NodeAnswers.Members(await ReadAsync(cancellationToken));
            await JsonSerializer.SerializeAsync(response.BodyWriter, members, AdminJson.Default.MembersAnswer, cancellationToken);
            await response.BodyWriter.WriteAsync("\n"u8.ToArray(), cancellationToken);
            await response.BodyWriter.FlushAsync(cancellationToken);
            await _view.ClusterChanges.WaitAsync(seen, cancellationToken);
        }
    }

    private async Task StatusAsync(HttpContext context, CancellationToken cancellationToken)
    {
        JournalAnswer journal;
        try
        {
            journal = NodeAnswers.Journal(_journalPath, await _journal.ReadHorizonAsync(cancellationToken));
        }
        catch (JournalException e)
        {
            // The status is asked for when something is wrong: it must not depend on what is wrong.
            journal = NodeAnswers.Journal(_journalPath, e);
        }
        var answer = NodeAnswers.Status(await ReadAsync(cancellationToken), journal);
        await AnswerAsync(context, answer, AdminJson.Default.StatusAnswer, cancellationToken);
    }

    private async Task MeshAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var facts = await ReadAsync(cancellationToken);
        NetworkEvent.NetworkJoined? network = null;
        if (context.Request.Query["network"] is [{ Length: > 0 } name]
            && (!NetworkName.TryParse(name, null, out var wanted) || !facts.State.Networks.TryGetValue(wanted, out network)))
        {
            string[] here = [.. facts.State.Networks.Keys.Select(n => n.Value)];
            await RefuseAsync(context, 404, new AdminError(
                $"this node is not in a network '{name}': none of its pods is; it is in {(here.Length == 0 ? "none" : string.Join(", ", here))}",
                "network", name, [.. here]), cancellationToken);
            return;
        }
        var since = await _times.TunnelsAsync(facts.State, network?.Network, cancellationToken);
        await AnswerAsync(context, NodeAnswers.Mesh(facts, since, network), AdminJson.Default.MeshAnswer, cancellationToken);
    }

    private async Task PortsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var facts = await ReadAsync(cancellationToken);
        var times = await _times.PortsAsync(facts.State, cancellationToken);
        await AnswerAsync(context, NodeAnswers.Ports(facts, times), AdminJson.Default.PortsAnswer, cancellationToken);
    }

    private async Task IpsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var facts = await ReadAsync(cancellationToken);
        var times = await _times.PortsAsync(facts.State, cancellationToken);
        await AnswerAsync(context, NodeAnswers.Ips(facts, times), AdminJson.Default.IpsAnswer, cancellationToken);
    }

    private async Task EventsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var parameters = context.Request.Query.SelectMany(
            p => p.Value.Select(v => new KeyValuePair<string, string>(p.Key, v ?? "")));
        var (query, error) = EventQueryText.Parse(parameters, _time.GetUtcNow());
        if (query is null)
        {
            await RefuseAsync(context, 400, error!, cancellationToken);
            return;
        }
        var filter = new EventFilter(query, _catalog);
        if (filter.Learns)
        {
            foreach (var (attachment, port) in (await ReadAsync(cancellationToken)).State.Ports)
                filter.Know(attachment, port.Request?.Pod);
        }
        await new EventStream(_journal, _catalog, query, filter).WriteAsync(context.Response, cancellationToken);
    }

    private Task<NodeFacts> ReadAsync(CancellationToken cancellationToken) =>
        _loop.RunAsync(() => Task.FromResult(_view.Read())).WaitAsync(LoopDeadline, _time, cancellationToken);

    private async Task FailAsync(HttpContext context, int status, Exception failure, string message)
    {
        _observer.RequestFailed(context.Request.Path.Value ?? "", failure);
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }
        try
        {
            await RefuseAsync(context, status, new AdminError(message, null, null, []), context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            context.Abort();
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, AdminError error, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = status;
        return AnswerAsync(context, error, AdminJson.Default.AdminError, cancellationToken);
    }

    private static async Task AnswerAsync<T>(
        HttpContext context, T answer, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.BodyWriter, answer, json, cancellationToken);
        await context.Response.BodyWriter.WriteAsync("\n"u8.ToArray(), cancellationToken);
    }
}
