using System.Text.Json.Nodes;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Two nodes with a containerd each, whose CNI binary and configuration are Fabric's.</summary>
public sealed class ContainerdLab() : EndToEndLab(2)
{
    private readonly Dictionary<EndToEndNode, LabContainerd> _runtimes = [];

    protected override string? Missing => base.Missing ?? LabContainerd.Missing;

    public LabContainerd Of(EndToEndNode node) => _runtimes[node];

    /// <summary>The configuration by which containerd knows Fabric on that node.</summary>
    public static string ConfListOf(EndToEndNode node) => Path.Combine(ConfDirOf(node), "10-fabric.conflist");

    /// <summary>Writes it as an installer does: there is no moment at which half of it can be read.</summary>
    public static void WriteConfList(EndToEndNode node, string cniVersion = "1.0.0")
    {
        var fabric = new JsonObject { ["type"] = "fabric-cni", ["agentSocket"] = node.CniSocket };
        var portmap = new JsonObject { ["type"] = "portmap", ["capabilities"] = new JsonObject { ["portMappings"] = true } };
        var plugins = new JsonArray(fabric, portmap);
        var text = new JsonObject { ["cniVersion"] = cniVersion, ["name"] = "pods", ["plugins"] = plugins }.ToJsonString();
        File.WriteAllText(ConfListOf(node) + ".new", text);
        File.Move(ConfListOf(node) + ".new", ConfListOf(node), overwrite: true);
    }

    protected override Task PrepareAsync()
    {
        foreach (var node in Nodes)
        {
            var bin = Directory.CreateDirectory(Path.Combine(node.Ovs.Folder, "cni-bin")).FullName;
            Directory.CreateDirectory(ConfDirOf(node));
            File.CreateSymbolicLink(Path.Combine(bin, "fabric-cni"), CniCall.Binary);
            File.CreateSymbolicLink(Path.Combine(bin, "portmap"), "/usr/lib/cni/portmap");
            WriteConfList(node);
            _runtimes[node] = LabContainerd.Start(node.Lab, bin, ConfDirOf(node));
        }
        return Task.CompletedTask;
    }

    protected override void Unprepare()
    {
        foreach (var runtime in _runtimes.Values)
            runtime.Dispose();
    }

    private static string ConfDirOf(EndToEndNode node) => Path.Combine(node.Ovs.Folder, "cni-conf");
}
