using Fabric.Lab;

namespace Fabric.EndToEnd;

public sealed class ImageLab() : EndToEndLab(0)
{
    public static string Image { get; } = Path.Combine(Root(), "out", "fabric-image.tar");

    protected override string? Missing => base.Missing ?? LabContainerd.Missing
        ?? (File.Exists(Image) ? null : "out/fabric-image.tar is not there (make image builds it)");

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fabric.sln")))
                return folder.FullName;
        }
        return "";
    }
}

/// <summary>The image, run by containerd as a DaemonSet's pod would be: on the host's network, with a root that can't be written.</summary>
public sealed class ImageTests(ImageLab lab) : IClassFixture<ImageLab>
{
    private const string Name = "docker.io/library/fabric:dev";

    [SkippableFact]
    public Task The_agent_of_the_image_attaches_pods_and_the_host_needs_nothing_but_the_binary() => lab.TestAsync(async () =>
    {
        using var node = lab.NewNode();
        var folder = node.Ovs.Folder;
        var (bin, conf) = (Made("cni-bin"), Made("cni-conf"));
        using var runtime = LabContainerd.Start(node.Lab, bin, conf);
        Ctr("images", "import", "--snapshotter", "native", ImageLab.Image);
        node.Options["install-cni-bin"] = bin;
        node.Options["install-cni-conf"] = conf;
        node.Options["cluster-store"] = $"sqlite:{Path.Combine(folder, "cluster.db")}";
        Ctr(["run", "--detach", "--snapshotter", "native", "--read-only", "--privileged", "--with-ns", $"network:{node.Namespace.NetnsPath}",
            "--mount", "type=tmpfs,dst=/tmp,options=rw", "--mount", $"type=bind,src={folder},dst={folder},options=rbind:rw",
            "--log-uri", $"file://{node.LogFile}", Name, "agent", "/usr/lib/fabric/fabric-node",
            .. node.Options.SelectMany(o => new[] { $"--{o.Key}", o.Value })]);
        try
        {
            await LabWait.UntilAsync(async () => File.Exists(node.CniSocket) && (await node.Call("STATUS").RunAsync()).Succeeded,
                "the agent is ready", TimeSpan.FromSeconds(60));
            using var pod = await node.AddPodAsync();
            Assert.True(pod.Pings("10.244.0.1"));
            (await pod.DelAsync()).MustSucceed();
            Assert.True(File.Exists(Path.Combine(bin, "fabric-cni")), "it has put its binary on the host");
            await LabWait.UntilAsync(async () => (await runtime.NetworkAsync()).IsReady, "containerd sees the network");
            Assert.Contains("members", Ctr("task", "exec", "--exec-id", "help", "agent", "/usr/bin/kubectl-fabric", "--help"), StringComparison.Ordinal);
        }
        catch (Exception e)
        {
            throw new EndToEndException($"{e.Message}\n{node.Log}", e);
        }
        finally
        {
            Ctr("task", "kill", "--signal", "SIGTERM", "agent");
            LabWait.Until(() => Ctr("task", "ls").Contains("STOPPED", StringComparison.Ordinal), "it has ended");
            Ctr("task", "rm", "agent");
            Ctr("container", "rm", "agent");
        }

        string Made(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;

        string Ctr(params string[] arguments) => LabCommand.Run("ctr", ["--address", runtime.Socket, "--namespace", "fabric", .. arguments]);
    });
}
