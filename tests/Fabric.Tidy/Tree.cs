namespace Fabric.Tidy;

/// <summary>The files of the repository, without anything that a build or a test run makes.</summary>
public static class Tree
{
    private static readonly HashSet<string> Made =
        [".git", ".vs", ".vscode", ".idea", "bin", "obj", "out", "TestResults", "BenchmarkDotNet.Artifacts"];

    private static readonly string[] TextEndings =
        [".cs", ".csproj", ".props", ".targets", ".md", ".sh", ".awk", ".json", ".yaml", ".yml", ".sln", ".txt"];

    /// <summary>The folder that holds Fabric.sln, found upwards from the test's assembly.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every file, in ordinal order.</summary>
    public static IReadOnlyList<SourceFile> Files { get; } = [.. Walk(Root).OrderBy(file => file.Path, StringComparer.Ordinal)];

    public static IEnumerable<SourceFile> CSharp => Ending(".cs");

    /// <summary>What is written by hand as text, scripts without an ending included.</summary>
    public static IEnumerable<SourceFile> Texts =>
        Files.Where(file => TextEndings.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal))
            || Path.GetExtension(file.Path).Length == 0);

    public static IEnumerable<SourceFile> Ending(string ending) =>
        Files.Where(file => file.Path.EndsWith(ending, StringComparison.Ordinal));

    public static IEnumerable<SourceFile> Under(this IEnumerable<SourceFile> files, string folder) =>
        files.Where(file => file.Path.StartsWith(folder, StringComparison.Ordinal));

    private static IEnumerable<SourceFile> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return new SourceFile(Path.GetRelativePath(Root, file), file);
        foreach (var inner in Directory.EnumerateDirectories(folder).Where(inner => !Made.Contains(Path.GetFileName(inner))))
            foreach (var file in Walk(inner))
                yield return file;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fabric.sln")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException($"no Fabric.sln above {AppContext.BaseDirectory}");
    }
}
