namespace Fabric.Demo;

/// <summary>The names of everything that the demo makes, and the files that it uses.</summary>
internal static class Places
{
    /// <summary>Begins the name of every network namespace of the demo.</summary>
    public const string Prefix = "fab-demo-";

    public const string NamespaceFolder = "/run/netns";

    public const string OvsSchema = "/usr/share/openvswitch/vswitch.ovsschema";

    public const string ReferencePlugins = "/usr/lib/cni";

    public const string BridgePlugin = ReferencePlugins + "/bridge";

    public const string HostLocalPlugin = ReferencePlugins + "/host-local";

    /// <summary>State, sockets and logs of all nodes, and the cluster's store.</summary>
    public static string Folder { get; } = Path.Combine(Path.GetTempPath(), "fab-demo");

    public static string LockFile => Folder + ".lock";

    public static string ClusterFile => Path.Combine(Folder, "cluster.db");

    public static string Binaries { get; } = Path.Combine(Root(), "out");

    public static string Agent => Path.Combine(Binaries, "fabric-node");

    public static string Plugin => Path.Combine(Binaries, "fabric-cni");

    public static string Cli => Path.Combine(Binaries, "fabric");

    /// <summary>The definitions of Fabric's custom resources.</summary>
    public static string Definitions => Path.Combine(Root(), "k8s", "base", "crds");

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fabric.sln")))
                return folder.FullName;
        }

        return Environment.CurrentDirectory;
    }
}
