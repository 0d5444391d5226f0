using System.Text.Json;

namespace Fabric.Cluster;

/// <summary>The token that etcd gave for user and password, fetched when it is first needed and after it was refused.</summary>
internal sealed class EtcdLogin(EtcdOptions options)
{
    // Empty: etcd has no authentication switched on, and asks for no token.
    private string? _token;

    public void Forget() => _token = null;

    /// <param name="send">Sends the request for a token.</param>
    /// <returns>Null if etcd wants none.</returns>
    public async Task<string?> TokenAsync(Func<byte[], Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        if (_token is null)
        {
            try
            {
                _token = await FetchAsync(send, cancellationToken);
            }
            catch (EtcdException e) when (e.Code == EtcdException.FailedPrecondition)
            {
                _token = "";
            }
        }
        return _token.Length == 0 ? null : _token;
    }

    private async Task<string> FetchAsync(Func<byte[], Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        var request = new EtcdAuthenticate(options.User!, options.Password ?? ReadPassword());
        using var response = await send(JsonSerializer.SerializeToUtf8Bytes(request, EtcdJson.Default.EtcdAuthenticate));
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var answer = await JsonSerializer.DeserializeAsync(stream, EtcdJson.Default.EtcdToken, cancellationToken);
            return answer?.Token ?? throw new JsonException("it holds no token");
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException or OperationCanceledException)
        {
            throw new EtcdException(options.Endpoints[0], $"its answer to the login: {e.Message}", 0, isSurelyUndone: true, e);
        }
    }

    private string ReadPassword()
    {
        try
        {
            var text = File.ReadAllText(options.PasswordFile!);
            return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtcdException(options.Endpoints[0], $"password-file={options.PasswordFile}: {e.Message}", EtcdException.InvalidArgument,
                isSurelyUndone: true, e);
        }
    }
}
