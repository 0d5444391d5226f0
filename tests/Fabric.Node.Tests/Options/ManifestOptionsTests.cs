using YamlDotNet.RepresentationModel;

namespace Fabric.Node.Tests;

/// <summary>The agent takes the configuration of each of the rendered manifests.</summary>
public sealed class ManifestOptionsTests
{
    [Theory]
    [InlineData("fabric.yaml", "system")]
    [InlineData("fabric-ovs-in-pod.yaml", "system")]
    [InlineData("fabric-etcd-store.yaml", "system")]
    [InlineData("fabric-kind.yaml", "netdev")]
    public void The_agent_starts_with_it(string manifest, string datapath)
    {
        var folder = Directory.CreateTempSubdirectory("fab-t-options-");
        try
        {
            var file = Path.Combine(folder.FullName, "fabric.yaml");
            File.WriteAllText(file, ConfigurationOf(Path.Combine(AppContext.BaseDirectory, "manifests", manifest)));
            var errors = new List<string>();
            var yaml = YamlOptions.Read(file, errors);
            var environment = new Dictionary<string, string> { ["FABRIC_NODE_NAME"] = "node-a" };
            var options = new NodeOptionsCheck(RawOptions.Merge(new Dictionary<string, string>(), environment, yaml, file, errors), errors).Run("host");
            Assert.Empty(errors);
            Assert.Equal((datapath, "kubernetes"), (options!.DatapathType, options.PodCidrSource));
            Assert.NotNull(options.Kubernetes);
            Assert.Equal("/etc/cni/net.d/10-fabric.conflist", options.Installation!.Configuration);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string ConfigurationOf(string manifest)
    {
        var yaml = new YamlStream();
        using (var text = File.OpenText(manifest))
            yaml.Load(text);
        var map = yaml.Documents.Select(d => (YamlMappingNode)d.RootNode).Single(r => r["kind"].ToString() == "ConfigMap");
        return map["data"]["fabric.yaml"].ToString();
    }
}
