using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using k8s.Exceptions;

namespace Fabric.Cluster.Kubernetes;

/// <summary>Requests to one API server with valid credentials, within a budget, and what becomes of them as typed failures.</summary>
/// <remarks>May be used from any thread.</remarks>
internal sealed class ApiConnection : IDisposable
{
    private const double RequestsPerSecond = 20;
    private const int Burst = 40;

    /// <summary>Configurations are not read more often than this for credentials that are refused.</summary>
    private static readonly TimeSpan RenewAfter = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MostRest = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly KubernetesPlace _place;
    private readonly TimeProvider _time;
    private readonly RequestBudget _budget;
    private k8s.Kubernetes _client;
    private long? _renewedAt;

    private ApiConnection(KubernetesPlace place, TimeProvider time)
    {
        (_place, _time) = (place, time);
        _budget = new RequestBudget(RequestsPerSecond, Burst, time);
        _client = Client(place, time);
    }

    /// <exception cref="KubernetesException">The configuration can't be used.</exception>
    public static ApiConnection Open(KubernetesPlace place, TimeProvider time) => new(place, time);

    /// <summary>Sends a request, a second time with newly read credentials if they were refused.</summary>
    /// <param name="path">From the server's root, with its query.</param>
    /// <param name="body">Makes the body anew for each attempt.</param>
    /// <param name="request">For messages.</param>
    /// <param name="headersWithin">How long to wait until the server begins to answer.</param>
    /// <returns>A success; its body has not been read.</returns>
    /// <exception cref="KubernetesException">It was refused, or it is not known what became of it.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, Func<HttpContent>? body, string request,
        TimeSpan headersWithin, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            await _budget.TakeAsync(cancellationToken);
            var client = _client;
            var answer = await SendOnceAsync(client, method, path, body, request, headersWithin, cancellationToken);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
            {
                if (answer.StatusCode != HttpStatusCode.Unauthorized || attempt > 0 || !Renew(client))
                    throw await FailureAsync(answer, method, request, cancellationToken);
            }
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendOnceAsync(k8s.Kubernetes client, HttpMethod method, string path, Func<HttpContent>? body,
        string request, TimeSpan headersWithin, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(headersWithin, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var message = new HttpRequestMessage(method, new Uri(client.BaseUri, path)) { Content = body?.Invoke() };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var hasLeft = false;
        try
        {
            if (client.Credentials is { } credentials)
                await credentials.ProcessHttpRequestAsync(message, both.Token);
            hasLeft = true;
            return await client.HttpClient.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, both.Token);
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new KubernetesException(request, ApiFault.Timeout, $"no answer within {headersWithin.TotalSeconds:0} s",
                !hasLeft || method == HttpMethod.Get, null, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // That is how the handler says that a connection took too long: nobody has cancelled anything.
            throw new KubernetesException(request, ApiFault.Unreachable,
                $"{client.BaseUri.GetLeftPart(UriPartial.Authority)} does not answer: {e.InnerException?.Message ?? e.Message}", true, null, e);
        }
        catch (HttpRequestException e)
        {
            var neverSent = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;
            throw new KubernetesException(request, ApiFault.Unreachable, Reason(client, e), neverSent || method == HttpMethod.Get, null, e);
        }
        catch (Exception e) when (!hasLeft && e is IOException or UnauthorizedAccessException or InvalidDataException or KubeConfigException)
        {
            throw new KubernetesException(request, ApiFault.Unauthorized, $"the credentials can't be had: {e.Message}", true, null, e);
        }
    }

    private static string Reason(k8s.Kubernetes client, HttpRequestException e)
    {
        var deepest = e.InnerException?.GetBaseException().Message;
        var why = deepest is null || e.Message.Contains(deepest, StringComparison.Ordinal) ? e.Message : $"{e.Message} ({deepest})";
        return $"{client.BaseUri.GetLeftPart(UriPartial.Authority)} does not answer: {why}";
    }

    private async Task<KubernetesException> FailureAsync(
        HttpResponseMessage answer, HttpMethod method, string request, CancellationToken cancellationToken)
    {
        ApiStatus status;
        try
        {
            status = ApiStatus.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            status = new ApiStatus();
        }
        var retryAfter = answer.Headers.RetryAfter?.Delta
            ?? (status.Details?.RetryAfterSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null);
        var code = answer.StatusCode;
        if (retryAfter is { } rest && code is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            _budget.Rest(rest < MostRest ? rest : MostRest);
        var fault = status.FaultFor(code);
        // AlreadyExists and Conflict share a code, and some proxies drop the body.
        if (fault == ApiFault.Conflict && method == HttpMethod.Post)
            fault = ApiFault.AlreadyExists;
        var undone = (int)code < 500 && code != HttpStatusCode.RequestTimeout || method == HttpMethod.Get;
        var text = status switch
        {
            { Message: null or "" } => $"HTTP {(int)code} {answer.ReasonPhrase}",
            { Reason: null, Code: 0 } => $"HTTP {(int)code} {answer.ReasonPhrase}: {status.Message}",
            _ => status.Message,
        };
        return new KubernetesException(request, fault, text + Advice(fault), undone, retryAfter);
    }

    private string Advice(ApiFault fault) => fault switch
    {
        ApiFault.Unauthorized => $" (credentials: {Who(_place)})",
        ApiFault.Forbidden => "; grant it in RBAC (docs/rbac.md)",
        _ => "",
    };

    private static string Who(KubernetesPlace place) => place switch
    {
        { Kubeconfig: null } => "the pod's service account",
        { Context: null } => place.Kubeconfig,
        _ => $"context {place.Context} of {place.Kubeconfig}",
    };

    /// <summary>Reads the configuration again, and with it what has been rotated: tokens, certificates, the CA.</summary>
    /// <returns>Whether another attempt is worth it.</returns>
    private bool Renew(k8s.Kubernetes refused)
    {
        lock (_gate)
        {
            if (_client != refused)
                return true;
            if (_renewedAt is { } last && _time.GetElapsedTime(last) < RenewAfter)
                return false;
            try
            {
                _renewedAt = _time.GetTimestamp();
                // Watches may still read from the former one; it goes when they have ended.
                _client = Client(_place, _time);
                return true;
            }
            catch (KubernetesException)
            {
                // The answer to the request says what is wrong with the credentials.
                return false;
            }
        }
    }

    private static k8s.Kubernetes Client(KubernetesPlace place, TimeProvider time)
    {
        var configuration = KubernetesConfiguration.Read(place, time);
        // Each request has its own deadline, and a watch has none.
        configuration.HttpClientTimeout = Timeout.InfiniteTimeSpan;
        configuration.UserAgent = "fabric";
        // A connection for each watch: none waits behind another, and a broken one breaks nothing else.
        configuration.DisableHttp2 = true;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            handler.AllowAutoRedirect = false;
            handler.UseCookies = false;
            handler.ActivityHeadersPropagator = null;
            handler.ConnectTimeout = TimeSpan.FromSeconds(5);
            handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60);
            handler.ConnectCallback = LivelyConnection.ConnectAsync;
        };
        try
        {
            return new k8s.Kubernetes(configuration);
        }
        catch (Exception e) when (e is KubeConfigException or IOException or CryptographicException or FormatException)
        {
            throw new KubernetesException($"open the Kubernetes API as {Who(place)}", ApiFault.Unreachable, e.Message, isSurelyUndone: true, null, e);
        }
    }
}
