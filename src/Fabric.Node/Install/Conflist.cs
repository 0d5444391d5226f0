using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Node.Install;

/// <summary>The network configuration list that a runtime gives Fabric's plugin (CNI SPEC 1.1, section 1).</summary>
public static class Conflist
{
    /// <summary>The newest that containerd 1.6 knows; the answer to each call has the version that the call has.</summary>
    private const string CniVersion = "1.0.0";

    private const string DefaultSocket = "/run/fabric/cni.sock";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    /// <param name="socket">The agent's, written only if it is not the default.</param>
    /// <remarks>
    /// portmap comes after Fabric's plugin, since hostPort is nothing that kube-proxy serves. A runtime that lacks that plugin would
    /// attach no pod at all, so it is in the list only where it is installed.
    /// </remarks>
    public static byte[] Of(string socket, bool hasPortmap)
    {
        var fabric = new JsonObject
        {
            ["type"] = "fabric-cni",
            ["capabilities"] = new JsonObject { ["mac"] = true, ["ips"] = true },
        };
        if (socket != DefaultSocket)
            fabric["agentSocket"] = socket;
        var plugins = new JsonArray(fabric);
        if (hasPortmap)
            plugins.Add(new JsonObject { ["type"] = "portmap", ["capabilities"] = new JsonObject { ["portMappings"] = true } });
        var list = new JsonObject { ["cniVersion"] = CniVersion, ["name"] = "pods", ["plugins"] = plugins };
        return Encoding.UTF8.GetBytes(list.ToJsonString(Indented) + "\n");
    }
}
