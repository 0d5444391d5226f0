using Fabric.Lab;

namespace Fabric.Cluster.Tests;

/// <summary>Each file that an operator applies is taken whole by a real API server.</summary>
[Collection(SharedKubernetes.Users)]
public sealed class ManifestTests
{
    [SkippableTheory]
    [InlineData("fabric.yaml")]
    [InlineData("fabric-ovs-in-pod.yaml")]
    [InlineData("fabric-etcd-store.yaml")]
    [InlineData("fabric-kind.yaml")]
    public void One_file_is_enough(string file)
    {
        Skip.If(LabKubernetes.Missing is not null, LabKubernetes.Missing);
        var path = Path.Combine(AppContext.BaseDirectory, "manifests", file);
        var said = SharedKubernetes.Server.Kubectl("apply", "--server-side", "--force-conflicts", "-f", path);
        Assert.Contains("daemonset.apps/fabric-node serverside-applied", said, StringComparison.Ordinal);
        Assert.Contains("fabric-node", SharedKubernetes.Server.Kubectl("get", "-f", path, "-o", "name"), StringComparison.Ordinal);
        // What the agent may do, and what it may not.
        Assert.Equal("yes", Can("patch", "nodes", "--subresource=status"));
        Assert.Equal("yes", Can("update", "journals.fabric.cni.dev"));
        Assert.Equal("no", Can("patch", "nodes"));
        Assert.Equal("no", Can("get", "secrets"));
        Assert.Equal("no", Can("delete", "journals.fabric.cni.dev"));
    }

    private static string Can(string verb, string resource, params string[] more)
    {
        try
        {
            return SharedKubernetes.Server.Kubectl(["auth", "can-i", verb, resource, "--namespace", "fabric-system",
                "--as", "system:serviceaccount:fabric-system:fabric-node", .. more]).Trim();
        }
        catch (LabException e) when (e.ExitCode == 1)
        {
            return "no";
        }
    }
}
