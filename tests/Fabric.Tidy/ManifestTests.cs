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
        foreach (var manifest in Tree.Files.Where(f => f.Path.StartsWith("k8s/", StringComparison.Ordinal)
            && f.Path.EndsWith("configmap.yaml", StringComparison.Ordinal)))
        {
            var keys = manifest.Lines.Index().Where(l => ConfigurationKey().IsMatch(l.Item)).ToList();
            Assert.NotEmpty(keys);
            foreach (var (index, line) in keys)
            {
                var key = ConfigurationKey().Match(line).Groups[1].Value;
                if (!options.Contains(key))
                    _findings.Add(manifest, index + 1, $"'{key}' is no option of fabric-node, which will not start: see docs/options.md");
            }
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

    [SkippableFact]
    public void The_rendered_manifests_are_those_of_their_overlays()
    {
        Skip.If(Kustomize() is not >= 5, "there is no kubectl with kustomize 5 or later in PATH");
        foreach (var overlay in Directory.GetDirectories(Path.Combine(Tree.Root, "k8s", "overlays")).Select(d => Path.GetFileName(d)!))
        {
            var rendered = File(overlay == "host-ovs" ? "k8s/fabric.yaml" : $"k8s/fabric-{overlay}.yaml");
            if (rendered.Text[(rendered.Text.IndexOf('\n') + 1)..] != Run("kubectl", "kustomize", Path.Combine(Tree.Root, "k8s", "overlays", overlay)))
                _findings.Add(rendered, 1, $"is not what k8s/overlays/{overlay} says: make manifests");
        }
        _findings.AssertNone();
    }

    /// <summary>The major version of the kustomize that kubectl has in it; null without kubectl.</summary>
    private static int? Kustomize()
    {
        try
        {
            return KustomizeVersion().Match(Run("kubectl", "version", "--client")) is { Success: true } found
                ? int.Parse(found.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
                : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : $"{text}{errors.Result}";
    }

    private static SourceFile File(string path) => Tree.Files.Single(f => f.Path == path);

    [GeneratedRegex("""new\("([a-z0-9-]+)",""")]
    private static partial Regex OptionName();

    [GeneratedRegex("^    ([a-z0-9-]+):")]
    private static partial Regex ConfigurationKey();

    [GeneratedRegex(@"Kustomize Version: v(\d+)")]
    private static partial Regex KustomizeVersion();

    [GeneratedRegex(@"\{name: ([a-z-]+), mountPath:")]
    private static partial Regex Mount();

    [GeneratedRegex(@"^        - name: ([a-z-]+)$", RegexOptions.Multiline)]
    private static partial Regex Volume();
}
