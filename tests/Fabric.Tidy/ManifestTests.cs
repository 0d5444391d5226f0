using System.Text.RegularExpressions;

namespace Fabric.Tidy;

/// <summary>Rules about the manifests in k8s/ that need no cluster.</summary>
public sealed partial class ManifestTests
{
    private readonly Findings _findings = new();

    [Fact]
    public void Every_key_of_the_agents_configuration_is_an_option()
    {
        var options = OptionName().Matches(File("src/Fabric.Node/Options/NodeOptionSpecs.cs").Text).Select(m => m.Groups[1].Value).ToHashSet();
        var manifest = File("k8s/base/configmap.yaml");
        var keys = manifest.Lines.Index().Where(l => ConfigurationKey().IsMatch(l.Item)).ToList();
        Assert.NotEmpty(keys);
        foreach (var (index, line) in keys)
        {
            var key = ConfigurationKey().Match(line).Groups[1].Value;
            if (!options.Contains(key))
                _findings.Add(manifest, index + 1, $"'{key}' is no option of fabric-node, which will not start: see docs/options.md");
        }
        _findings.AssertNone();
    }

    [Fact]
    public void Every_manifest_of_the_base_is_applied()
    {
        var list = File("k8s/base/kustomization.yaml");
        var manifests = Tree.Files.Select(f => f.Path).Where(p => p.StartsWith("k8s/base/", StringComparison.Ordinal) && p != list.Path).ToList();
        Assert.NotEmpty(manifests);
        foreach (var path in manifests.Where(p => !list.Text.Contains($"  - {p["k8s/base/".Length..]}\n", StringComparison.Ordinal)))
            _findings.Add(list, 1, $"{path} is not among the resources: list it");
        _findings.AssertNone();
    }

    [Fact]
    public void The_agents_mounts_are_exactly_its_volumes()
    {
        var manifest = File("k8s/base/daemonset.yaml");
        var mounts = Mount().Matches(manifest.Text).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal);
        var volumes = Volume().Matches(manifest.Text[manifest.Text.IndexOf("      volumes:", StringComparison.Ordinal)..])
            .Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(volumes);
        Assert.Equal(volumes, mounts);
    }

    private static SourceFile File(string path) => Tree.Files.Single(f => f.Path == path);

    [GeneratedRegex("""new\("([a-z0-9-]+)",""")]
    private static partial Regex OptionName();

    [GeneratedRegex("^    ([a-z0-9-]+):")]
    private static partial Regex ConfigurationKey();

    [GeneratedRegex(@"\{name: ([a-z]+), mountPath:")]
    private static partial Regex Mount();

    [GeneratedRegex(@"^        - name: ([a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Volume();
}
