using System.Net.Http.Headers;
using k8s.Authentication;

namespace Fabric.Cluster.Kubernetes;

/// <summary>A bearer token that somebody else renews in its file: read again when it was read more than 30 s ago.</summary>
/// <remarks>The kubelet writes a service account's new token when a fifth of its life is left, so 30 s is early enough.</remarks>
internal sealed class TokenFile(string path, TimeProvider time) : ITokenProvider
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private volatile Reading? _last;

    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        if (_last is { } last && time.GetElapsedTime(last.At) < Fresh)
            return last.Header;
        var token = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
        if (token.Length == 0)
            throw new InvalidDataException($"the token file {path} is empty");
        var reading = new Reading(new AuthenticationHeaderValue("Bearer", token), time.GetTimestamp());
        _last = reading;
        return reading.Header;
    }

    private sealed record Reading(AuthenticationHeaderValue Header, long At);
}
