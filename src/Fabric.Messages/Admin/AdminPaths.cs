using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The paths of the agent's admin socket (HTTP/1.1 over a unix socket): GET looks, POST changes.</summary>
public static class AdminPaths
{
    public const string DefaultSocket = "/run/fabric/admin.sock";

    public const string Status = "/v1/status";
    public const string Members = "/v1/members";
    public const string Networks = "/v1/networks";

    /// <summary>Takes <c>network</c>: a virtual network instead of the default one.</summary>
    public const string Mesh = "/v1/mesh";
    public const string Ports = "/v1/ports";
    public const string Ips = "/v1/ips";
    public const string Flows = "/v1/flows";

    /// <summary>Takes an <see cref="EventQuery"/>; answers one <see cref="EventEntry"/> per line (NDJSON).</summary>
    public const string Events = "/v1/events";

    /// <summary>Take <c>node</c>; <see cref="RemoveNode"/> also <c>uid</c> and <c>force</c>.</summary>
    public const string DrainNode = "/v1/nodes/drain";
    public const string UndrainNode = "/v1/nodes/undrain";
    public const string RemoveNode = "/v1/nodes/remove";

    /// <summary>Takes <c>cidr</c> and <c>nodePrefixLength</c>.</summary>
    public const string AddCidr = "/v1/cidrs/add";

    /// <summary>Takes <c>network</c> and <c>subnet</c>, and <c>gateway</c>, <c>exclude</c>, <c>vni</c>, <c>blockPrefixLength</c>.</summary>
    public const string CreateNetwork = "/v1/networks/create";

    /// <summary>Takes <c>network</c>.</summary>
    public const string DeleteNetwork = "/v1/networks/delete";

    /// <summary>Those that change something, by POST; each answers an <see cref="OperationAnswer"/>.</summary>
    public static ImmutableArray<string> Operations { get; } = [DrainNode, UndrainNode, RemoveNode, AddCidr, CreateNetwork, DeleteNetwork];

    public static ImmutableArray<string> All { get; } = [Status, Members, Networks, Mesh, Ports, Ips, Flows, Events, .. Operations];
}
