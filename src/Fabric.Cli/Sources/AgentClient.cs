using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary>Asks the agent on its admin socket.</summary>
internal sealed class AgentClient : IDisposable
{
    // Above the agent's own deadline for its event loop, so that its explanation arrives.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly string _socketPath;
    private readonly HttpClient _http;

    public AgentClient(string socketPath)
    {
        _socketPath = socketPath;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        })
        {
            BaseAddress = new Uri("http://fabric"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>One answer, as it was written and as a value.</summary>
    /// <exception cref="CommandException">Nobody answered, or the answer is an error.</exception>
    public Task<(byte[] Body, T Answer)> GetAsync<T>(string path, JsonTypeInfo<T> json, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, path, json, cancellationToken);

    /// <summary>Asks for a change, and says what was done.</summary>
    /// <exception cref="CommandException">Nobody answered, or the answer is an error.</exception>
    public Task<(byte[] Body, T Answer)> PostAsync<T>(string path, JsonTypeInfo<T> json, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, path, json, cancellationToken);

    /// <summary>A line of an answer as a value.</summary>
    /// <exception cref="CommandException">It has another shape than this version knows.</exception>
    public static T Read<T>(string line, JsonTypeInfo<T> json)
    {
        try
        {
            return JsonSerializer.Deserialize(line, json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw NotUnderstood(typeof(T).Name, e);
        }
    }

    private async Task<(byte[] Body, T Answer)> AskAsync<T>(
        HttpMethod method, string path, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        try
        {
            using var response = await SendAsync(method, path, deadline.Token);
            var body = await response.Content.ReadAsByteArrayAsync(deadline.Token);
            return (body, JsonSerializer.Deserialize(body, json) ?? throw NotUnderstood(path, null));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandException(ExitCode.Unreachable,
                $"the agent at {_socketPath} did not answer within {Deadline.TotalSeconds:0} s");
        }
        catch (HttpIOException e)
        {
            throw EndedEarly(e);
        }
        catch (JsonException e)
        {
            throw NotUnderstood(path, e);
        }
    }

    /// <summary>The lines of an answer without a fixed length.</summary>
    /// <exception cref="CommandException">Nobody answered, the answer is an error, or it ended in the middle.</exception>
    public async IAsyncEnumerable<string> GetLinesAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await LineAsync(reader, cancellationToken) is { } line)
            yield return line;
    }

    public void Dispose() => _http.Dispose();

    private static async Task<string?> LineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (HttpIOException e)
        {
            throw EndedEarly(e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
        if (response.StatusCode == HttpStatusCode.OK)
            return response;
        using (response)
            throw Refused(response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private CommandException Unreachable(HttpRequestException e)
    {
        var socket = e.InnerException as SocketException;
        var (reason, advice) = socket?.SocketErrorCode switch
        {
            SocketError.AccessDenied => ("permission denied", "Only the agent's own user may ask it: run as root."),
            SocketError.ConnectionRefused => ("nobody listens there", NotRunning),
            SocketError.AddressNotAvailable => ("there is no such socket", NotRunning),
            null => (e.Message, NotRunning),
            _ => (socket.Message, NotRunning),
        };
        return new CommandException(ExitCode.Unreachable, $"no agent at {_socketPath}: {reason}\n{advice}", e);
    }

    private const string NotRunning =
        """
        Is fabric-node running on this machine? Another socket: --admin-socket PATH or FABRIC_ADMIN_SOCKET.
        Without the agent its journal can still be read: fabric events --journal PATH
        """;

    private static CommandException Refused(HttpStatusCode status, byte[] body)
    {
        var code = status == HttpStatusCode.BadRequest ? ExitCode.Usage : ExitCode.Wrong;
        try
        {
            if (JsonSerializer.Deserialize(body, AdminJson.Default.AdminError) is { } error)
                return new CommandException(code, error.Error);
        }
        catch (JsonException)
        {
            // Not the agent's own words: the status is all there is to tell.
        }
        return new CommandException(code, $"the agent answered {(int)status}");
    }

    private static CommandException EndedEarly(HttpIOException e) =>
        new(ExitCode.Unreachable, "the agent ended its answer in the middle: it was stopped, or failed; its log says why", e);

    private static CommandException NotUnderstood(string path, JsonException? e) => new(ExitCode.Wrong,
        $"the agent's answer to {path} has another shape than fabric {ThisVersion.Text} knows: use the agent's own version", e);
}
