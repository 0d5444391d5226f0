namespace Fabric.Bench;

/// <summary>Where the programs are: what `make build` left in out/, unless BENCH_BINARIES names another folder.</summary>
internal static class Binaries
{
    private static readonly string Folder = Environment.GetEnvironmentVariable("BENCH_BINARIES") ?? Path.Combine(Root(), "out");

    public static string Cni => Existing("fabric-cni");

    public static string Node => Existing("fabric-node");

    public static string Cli => Existing("fabric");

    public static bool HasCli => File.Exists(Path.Combine(Folder, "fabric"));

    /// <summary>Where Debian's containernetworking-plugins has the reference plugins.</summary>
    public static string ReferencePlugins => Environment.GetEnvironmentVariable("CNI_REFERENCE_PATH") ?? "/usr/lib/cni";

    private static string Existing(string name)
    {
        var path = Path.Combine(Folder, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing; run `make build` first");
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "global.json")))
                return folder.FullName;
        }
        return Environment.CurrentDirectory;
    }
}
