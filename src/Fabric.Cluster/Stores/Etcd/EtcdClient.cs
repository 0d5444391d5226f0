using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fabric.Cluster;

/// <summary>Calls etcd's JSON gateway: one member after the other, each call within a deadline, with a token if need be.</summary>
/// <remarks>
/// <para>
/// Stays with a member as long as it serves. A request that changes something goes to another member only if the first
/// one surely did not carry it out; what is doubtful, the caller must find out by reading.
/// </para>
/// <para>
/// Used on one loop. Every request asks for a member that has a leader (the metadata <c>hasleader</c>), so a member that
/// is cut off from the others says so at once instead of waiting.
/// </para>
/// </remarks>
internal sealed class EtcdClient : IDisposable
{
    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;
    private readonly TimeSpan _attempt;
    private readonly TimeSpan _deadline;
    private readonly HttpMessageInvoker _http;
    private readonly EtcdLogin _login;
    private int _current;
    private ulong _clusterId;
    private long _revision;

    /// <param name="attempt">How long one member may take to answer.</param>
    /// <param name="deadline">How long a call may take with all members that it tries.</param>
    public EtcdClient(EtcdOptions options, TimeProvider time, TimeSpan attempt, TimeSpan deadline)
    {
        (_options, _time, _attempt, _deadline) = (options, time, attempt, deadline);
        _http = EtcdTransport.Open(options, attempt);
        _login = new EtcdLogin(options);
    }

    /// <summary>The member that the next call goes to first.</summary>
    public EtcdEndpoint Current => _options.Endpoints[_current];

    public int Members => _options.Endpoints.Length;

    /// <summary>A member has failed; what else is open to it may be dead too.</summary>
    public Action<EtcdEndpoint>? Failed { get; set; }

    /// <summary>etcd's revision went back: it was restored from a backup, or made anew.</summary>
    public Action<string>? WentBack { get; set; }

    public Task<EtcdRangeAnswer> RangeAsync(EtcdRange range, CancellationToken cancellationToken) =>
        CallAsync("kv/range", range, EtcdJson.Default.EtcdRange, EtcdJson.Default.EtcdRangeAnswer, isWrite: false, cancellationToken);

    public Task<EtcdTxnAnswer> TxnAsync(EtcdTxn txn, CancellationToken cancellationToken)
    {
        var isWrite = txn.Success.Any(o => o.RequestRange is null);
        return CallAsync("kv/txn", txn, EtcdJson.Default.EtcdTxn, EtcdJson.Default.EtcdTxnAnswer, isWrite, cancellationToken);
    }

    /// <summary>Opens a watch; its messages follow in the answer's body. The first one has arrived when this returns.</summary>
    public async Task<HttpResponseMessage> WatchAsync(EtcdEndpoint endpoint, byte[] requests, CancellationToken cancellationToken)
    {
        using var attempt = Limit(_attempt, cancellationToken, out var timer);
        using (timer)
            return await SendAsync(endpoint, "watch", requests, attempt.Token, cancellationToken);
    }

    public void TokenIsStale() => _login.Forget();

    /// <summary>The member can't be used now: others are tried first from here on.</summary>
    public void MoveOn(EtcdEndpoint from)
    {
        if (from == Current)
            _current = (_current + 1) % Members;
    }

    public void Dispose() => _http.Dispose();

    private async Task<TAnswer> CallAsync<TRequest, TAnswer>(string path, TRequest request, JsonTypeInfo<TRequest> how,
        JsonTypeInfo<TAnswer> answer, bool isWrite, CancellationToken cancellationToken)
        where TAnswer : class, IEtcdResponse
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, how);
        using var whole = Limit(_deadline, cancellationToken, out var timer);
        using var _ = timer;
        // A member that has been restarted is found dead once by the connection that was open to it.
        var attempts = Math.Max(2, Members);
        var earlier = new List<EtcdException>();
        for (var attempt = 1; ; attempt++)
        {
            var endpoint = Current;
            try
            {
                return await OnceAsync(endpoint, path, body, answer, whole.Token, cancellationToken);
            }
            catch (EtcdException e)
            {
                if (e.IsRefusal)
                    throw e.After(earlier);
                MoveOn(endpoint);
                Failed?.Invoke(endpoint);
                if (attempt >= attempts || whole.IsCancellationRequested || isWrite && !e.IsSurelyUndone)
                    throw e.After(earlier);
                earlier.Add(e);
            }
        }
    }

    private async Task<TAnswer> OnceAsync<TAnswer>(EtcdEndpoint endpoint, string path, byte[] body, JsonTypeInfo<TAnswer> how,
        CancellationToken whole, CancellationToken cancellationToken)
        where TAnswer : class, IEtcdResponse
    {
        try
        {
            return await PostAsync(endpoint, path, body, how, whole, cancellationToken);
        }
        catch (EtcdException e) when (e.IsStaleToken && _options.User is not null)
        {
            // A token is good for minutes without use; etcd checks it before it does anything.
            _login.Forget();
            return await PostAsync(endpoint, path, body, how, whole, cancellationToken);
        }
    }

    private async Task<TAnswer> PostAsync<TAnswer>(EtcdEndpoint endpoint, string path, byte[] body, JsonTypeInfo<TAnswer> how,
        CancellationToken whole, CancellationToken cancellationToken)
        where TAnswer : class, IEtcdResponse
    {
        using var attempt = Limit(_attempt, whole, out var timer);
        using var _ = timer;
        var knew = _revision;
        using var response = await SendAsync(endpoint, path, body, attempt.Token, cancellationToken);
        TAnswer? answer;
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(attempt.Token);
            answer = await JsonSerializer.DeserializeAsync(stream, how, attempt.Token);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new EtcdException(endpoint, $"its answer broke off: {e.Message}", 0, isSurelyUndone: false, e);
        }
        if (answer?.Header is not { } header)
            throw new EtcdException(endpoint, "its answer has no header: is that etcd?", 0, isSurelyUndone: false);
        Compare(endpoint, header, knew);
        return answer;
    }

    private async Task<HttpResponseMessage> SendAsync(EtcdEndpoint endpoint, string path, byte[] bytes,
        CancellationToken limit, CancellationToken cancellationToken)
    {
        var token = _options.User is null
            ? null
            : await _login.TokenAsync(request => SendOnceAsync(endpoint, "auth/authenticate", request, null, limit, cancellationToken), limit);
        return await SendOnceAsync(endpoint, path, bytes, token, limit, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(EtcdEndpoint endpoint, string path, byte[] bytes, string? token,
        CancellationToken limit, CancellationToken cancellationToken)
    {
        var body = new EtcdTransport.Body(bytes);
        var scheme = _options.UsesTls ? "https" : "http";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{scheme}://{endpoint}/v3/{path}") { Content = body };
        request.Headers.TryAddWithoutValidation("Grpc-Metadata-hasleader", "true");
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", token);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, limit);
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new EtcdException(endpoint, $"no answer within {_attempt.TotalSeconds:0.#} s", 0, !body.HasLeft, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new EtcdException(endpoint, Explain(e), 0, !body.HasLeft, e);
        }
        if (response.StatusCode == HttpStatusCode.OK)
            return response;
        using (response)
            throw await RefusalAsync(endpoint, response, limit);
    }

    private static async Task<EtcdException> RefusalAsync(EtcdEndpoint endpoint, HttpResponseMessage response, CancellationToken limit)
    {
        var text = "";
        try
        {
            text = (await response.Content.ReadAsStringAsync(limit)).Trim();
            var error = JsonSerializer.Deserialize(text, EtcdJson.Default.EtcdError);
            if (error is { Message: { } message })
                return new EtcdException(endpoint, EtcdHints.For(message), error.Code, IsSurelyUndone(message, error.Code));
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException or OperationCanceledException)
        {
            // What it said is no error of etcd's; the status and the text are all there is to tell.
            text = text.Length == 0 ? e.Message : text;
        }
        return new EtcdException(endpoint, EtcdHints.For((int)response.StatusCode, text), 0,
            isSurelyUndone: (int)response.StatusCode is >= 400 and < 500);
    }

    // Refusals come before anything is proposed to the members, or instead of applying it. "Unavailable" says nothing of
    // the kind, except for a member that has no leader to propose to.
    private static bool IsSurelyUndone(string message, int code) => code switch
    {
        0 or 1 or 2 or EtcdException.DeadlineExceeded or 13 => false,
        EtcdException.Unavailable => message.Contains("no leader", StringComparison.Ordinal),
        _ => true,
    };

    private string Explain(Exception e)
    {
        var text = e.InnerException is { } inner ? $"{e.Message} ({inner.Message})" : e.Message;
        return (e as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError => $"no TLS connection: {(e.InnerException ?? e).Message} Does ca=PATH name the authority "
                + "of the member's certificate, and does that certificate name this host?",
            // A member that has served before has not taken to TLS: it was lost in the middle of an answer.
            HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse when !_options.UsesTls && _clusterId == 0 =>
                $"{text}; if it speaks TLS: add ca=PATH to --cluster-store",
            _ => text,
        };
    }

    private void Compare(EtcdEndpoint endpoint, EtcdHeader header, long knew)
    {
        if (_clusterId == 0)
            _clusterId = header.ClusterId;
        if (header.ClusterId != _clusterId)
        {
            throw new EtcdException(endpoint, $"it belongs to etcd cluster {header.ClusterId:x}, the member asked before to {_clusterId:x}: "
                + "--cluster-store must name the members of one cluster", 0, isSurelyUndone: false);
        }
        // What was asked for later is answered by a later state, whichever member answers, unless etcd has lost some.
        if (header.Revision < knew)
        {
            _revision = header.Revision;
            WentBack?.Invoke($"etcd {endpoint}: its revision went back from {knew} to {header.Revision}: was it restored from a backup?");
        }
        else if (header.Revision > _revision)
        {
            _revision = header.Revision;
        }
    }

    private CancellationTokenSource Limit(TimeSpan limit, CancellationToken token, out CancellationTokenSource timer)
    {
        timer = new CancellationTokenSource(limit, _time);
        return CancellationTokenSource.CreateLinkedTokenSource(timer.Token, token);
    }
}
