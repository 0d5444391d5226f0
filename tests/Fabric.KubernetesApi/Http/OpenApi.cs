using Microsoft.AspNetCore.Http;

namespace Fabric.KubernetesApi;

/// <summary>
/// OpenAPI documents that describe nothing: kubectl asks for them before an apply, and does not validate by itself what it does not
/// find there. The server validates.
/// </summary>
internal static class OpenApi
{
    /// <summary>openapi.v2.Document (gnostic): <c>swagger</c> (field 1) "2.0", <c>info</c> (field 2) with a title and a version.</summary>
    private static readonly byte[] SecondInProtobuf =
        [0x0a, 3, .. "2.0"u8, 0x12, 14, 0x0a, 6, .. "fabric"u8, 0x12, 4, .. "1.26"u8];

    public static async Task AnswerAsync(HttpContext context, string[] path)
    {
        var isProtobuf = context.Request.Headers.Accept.ToString().Contains("com.github.proto-openapi.spec.v2", StringComparison.Ordinal);
        (context.Response.ContentType, var body) = path switch
        {
            ["openapi", "v2"] when isProtobuf => ("application/com.github.proto-openapi.spec.v2.v1.0+protobuf", SecondInProtobuf),
            ["openapi", "v2"] => ("application/json", """{"swagger":"2.0","info":{"title":"fabric","version":"1.26"},"paths":{}}"""u8.ToArray()),
            ["openapi", "v3"] => ("application/json", """{"paths":{}}"""u8.ToArray()),
            _ => throw ApiStatusException.NoSuchPath(),
        };
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
