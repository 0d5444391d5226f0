using Fabric.Cluster.Kubernetes;

namespace Fabric.KubernetesApi;

/// <summary>What an answer of the API is at the seam.</summary>
internal static class ApiFaults
{
    public static KubernetesException Thrown(string request, ApiStatusException answer) => new(
        request, Of(answer), answer.Message, isSurelyUndone: answer.Code is >= 400 and < 500,
        answer.Details?["retryAfterSeconds"] is { } seconds ? TimeSpan.FromSeconds(seconds.GetValue<int>()) : null, answer);

    private static ApiFault Of(ApiStatusException answer) => answer.Code switch
    {
        401 => ApiFault.Unauthorized,
        403 => ApiFault.Forbidden,
        404 => ApiFault.NotFound,
        409 => answer.Reason == "AlreadyExists" ? ApiFault.AlreadyExists : ApiFault.Conflict,
        410 => ApiFault.Expired,
        413 => ApiFault.TooLarge,
        422 => ApiFault.Invalid,
        429 => ApiFault.TooManyRequests,
        503 => ApiFault.Unavailable,
        504 => ApiFault.Timeout,
        >= 500 => ApiFault.Internal,
        _ => ApiFault.BadRequest,
    };
}
