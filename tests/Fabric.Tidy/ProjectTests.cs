using System.Xml.Linq;

namespace Fabric.Tidy;

/// <summary>Who may use whom. The table is the wall that keeps the pure parts pure; CONTRIBUTING.md says why.</summary>
public sealed class ProjectTests
{
    private static readonly SortedDictionary<string, string[]> Rooms = new(StringComparer.Ordinal)
    {
        ["Fabric.Messages"] = [],
        ["Fabric.Actors"] = ["Fabric.Messages"],
        ["Fabric.Cluster"] = ["Fabric.Messages", "Fabric.Actors"],
        ["Fabric.Ovs"] = [],
        ["Fabric.Linux"] = [],
        ["Fabric.Node"] = ["Fabric.Messages", "Fabric.Actors", "Fabric.Cluster", "Fabric.Ovs", "Fabric.Linux"],
        ["Fabric.Cni"] = ["Fabric.Messages"],
        ["Fabric.Cli"] = ["Fabric.Messages", "Fabric.Actors", "Fabric.Cluster", "Fabric.Ovs"],
    };

    private readonly Findings _findings = new();

    [Fact]
    public void A_project_references_only_rooms_that_it_may_enter()
    {
        foreach (var file in Tree.Ending(".csproj").Under("src/"))
        {
            var name = Path.GetFileNameWithoutExtension(file.Path);
            if (!Rooms.TryGetValue(name, out var allowed))
            {
                _findings.Add(file, 1, "a project that the table in ProjectTests does not know: say there what it may reference");
                continue;
            }
            foreach (var (reference, line) in Items(file, "ProjectReference"))
            {
                var target = Path.GetFileNameWithoutExtension(reference);
                if (!allowed.Contains(target))
                    _findings.Add(file, line, $"{name} may not reference {target}: move the shared type, or pass it in from above");
            }
        }
        _findings.AssertNone();
    }

    [Fact]
    public void Messages_use_no_package()
    {
        foreach (var file in Tree.Ending(".csproj").Under("src/Fabric.Messages/"))
        {
            foreach (var (package, line) in Items(file, "PackageReference"))
                _findings.Add(file, line, $"{package}: the native CNI binary would carry it too; use it where it is needed");
        }
        _findings.AssertNone();
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Tree.Files.Single(file => file.Path == "Fabric.sln").Text.Replace('\\', '/');
        foreach (var file in Tree.Ending(".csproj"))
        {
            if (!solution.Contains($"\"{file.Path}\"", StringComparison.Ordinal))
                _findings.Add(file, 1, "not in Fabric.sln, so nothing builds it: dotnet sln add " + file.Path);
        }
        _findings.AssertNone();
    }

    [Fact]
    public void Every_package_has_its_version_in_one_place()
    {
        foreach (var file in Tree.Ending(".csproj"))
        {
            var packages = XDocument.Parse(file.Text, LoadOptions.SetLineInfo).Descendants("PackageReference");
            foreach (var package in packages.Where(package => package.Attribute("Version") is not null))
                _findings.Add(file, Line(package), "a version outside Directory.Packages.props: move it there");
        }
        _findings.AssertNone();
    }

    private static IEnumerable<(string Include, int Line)> Items(SourceFile file, string kind) =>
        from item in XDocument.Parse(file.Text, LoadOptions.SetLineInfo).Descendants(kind)
        select (((string)item.Attribute("Include")!).Replace('\\', '/'), Line(item));

    private static int Line(XElement element) => ((System.Xml.IXmlLineInfo)element).LineNumber;
}
