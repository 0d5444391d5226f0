using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The paths of the agent's admin socket (HTTP/1.1 over a unix socket, GET only).</summary>
public static class AdminPaths
{
    public const string DefaultSocket = "/run/fabric/admin.sock";

    public const string Status = "/v1/status";
    public const string Members = "/v1/members";
    public const string Mesh = "/v1/mesh";
    public const string Ports = "/v1/ports";
    public const string Ips = "/v1/ips";
    public const string Flows = "/v1/flows";

    /// <summary>Takes an <see cref="EventQuery"/>; answers one <see cref="EventEntry"/> per line (NDJSON).</summary>
    public const string Events = "/v1/events";

    public static ImmutableArray<string> All { get; } = [Status, Members, Mesh, Ports, Ips, Flows, Events];
}
