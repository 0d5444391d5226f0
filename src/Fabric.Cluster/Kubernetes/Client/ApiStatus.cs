using System.Net;
using System.Text.Json;

namespace Fabric.Cluster.Kubernetes;

/// <summary>The API's answer when it does not do what was asked (Kubernetes API conventions, "Response Status Kind").</summary>
internal sealed record ApiStatus(string? Reason = null, string? Message = null, int Code = 0, ApiStatusDetails? Details = null)
{
    /// <summary>So much is passed on of an answer that is none of the API's own.</summary>
    private const int MostForeignText = 200;

    /// <returns>Only the beginning of the text if it is none: a proxy in between answers in its own way.</returns>
    public static ApiStatus Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, KubernetesJson.Default.ApiStatus) ?? new ApiStatus();
        }
        catch (JsonException)
        {
            var text = System.Text.Encoding.UTF8.GetString(body[..Math.Min(body.Length, MostForeignText)]);
            return new ApiStatus(Message: text.ReplaceLineEndings(" ").Trim());
        }
    }

    public ApiFault FaultFor(HttpStatusCode code) => Reason switch
    {
        "Unauthorized" => ApiFault.Unauthorized,
        "Forbidden" => ApiFault.Forbidden,
        "NotFound" => ApiFault.NotFound,
        "AlreadyExists" => ApiFault.AlreadyExists,
        "Conflict" => ApiFault.Conflict,
        "Gone" or "Expired" => ApiFault.Expired,
        "Invalid" => ApiFault.Invalid,
        "RequestEntityTooLarge" => ApiFault.TooLarge,
        "TooManyRequests" => ApiFault.TooManyRequests,
        "Timeout" or "ServerTimeout" => ApiFault.Timeout,
        "ServiceUnavailable" => ApiFault.Unavailable,
        "InternalError" => ApiFault.Internal,
        _ => code switch
        {
            HttpStatusCode.Unauthorized => ApiFault.Unauthorized,
            HttpStatusCode.Forbidden => ApiFault.Forbidden,
            HttpStatusCode.NotFound => ApiFault.NotFound,
            HttpStatusCode.Conflict => ApiFault.Conflict,
            HttpStatusCode.Gone => ApiFault.Expired,
            HttpStatusCode.UnprocessableEntity => ApiFault.Invalid,
            HttpStatusCode.RequestEntityTooLarge => ApiFault.TooLarge,
            HttpStatusCode.TooManyRequests => ApiFault.TooManyRequests,
            HttpStatusCode.RequestTimeout or HttpStatusCode.GatewayTimeout => ApiFault.Timeout,
            HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway => ApiFault.Unavailable,
            >= HttpStatusCode.InternalServerError => ApiFault.Internal,
            _ => ApiFault.BadRequest,
        },
    };
}

/// <param name="RetryAfterSeconds">When to ask again.</param>
internal sealed record ApiStatusDetails(int? RetryAfterSeconds = null);
