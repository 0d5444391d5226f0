namespace Fabric.Lab;

/// <summary>
/// A private Open vSwitch: its own folder, ovsdb-server, ovs-vswitchd and network namespace, gone after
/// <see cref="Dispose"/>, and at the latest when this process exits.
/// </summary>
/// <remarks>
/// Bridges need <c>datapath_type=netdev</c> where the kernel has no openvswitch module. Not safe for use by several
/// threads at once; the daemons themselves are.
/// </remarks>
public sealed class ScratchOvs : IDisposable
{
    internal const string SchemaPath = "/usr/share/openvswitch/vswitch.ovsschema";

    private readonly Dictionary<string, string> _environment;
    private readonly LabNamespace? _ownNamespace;
    private readonly LabDaemon _database;
    private readonly LabDaemon _vswitchd;
    private readonly IDisposable _cleanup;

    private ScratchOvs(LabNamespace network, LabNamespace? own)
    {
        Namespace = network;
        _ownNamespace = own;
        Folder = Path.Combine(Path.GetTempPath(), LabCleanup.UniqueName("ovs"));
        Directory.CreateDirectory(RunFolder);
        _environment = new Dictionary<string, string>
        {
            ["OVS_RUNDIR"] = RunFolder,
            ["OVS_LOGDIR"] = RunFolder,
            ["OVS_DBDIR"] = Folder,
            ["OVS_SYSCONFDIR"] = Folder,
        };
        _database = new LabDaemon("ovsdb-server", RunFolder, () => [DatabaseFile, $"--remote=p{Endpoint}"]);
        _vswitchd = new LabDaemon("ovs-vswitchd", RunFolder, () => [Endpoint]);
        _cleanup = LabCleanup.Register(Remove);
    }

    /// <summary>The namespace the daemons run in, and with them the bridges' LOCAL interfaces.</summary>
    public LabNamespace Namespace { get; }

    /// <summary>The private folder that holds everything.</summary>
    public string Folder { get; }

    /// <summary>OVS_RUNDIR: sockets, pid files and logs. <c>BRIDGE.mgmt</c> here speaks OpenFlow.</summary>
    public string RunFolder => Path.Combine(Folder, "run");

    /// <summary>The file of the Open_vSwitch database.</summary>
    public string DatabaseFile => Path.Combine(Folder, "conf.db");

    /// <summary>Where OVSDB clients connect: <c>unix:</c> and an absolute path.</summary>
    public string Endpoint => $"unix:{RunFolder}/db.sock";

    /// <summary>The pid of ovsdb-server; null while it is stopped.</summary>
    public int? DatabasePid => _database.Pid;

    /// <summary>The pid of ovs-vswitchd; null while it is stopped.</summary>
    public int? VswitchdPid => _vswitchd.Pid;

    /// <summary>The path of the OpenFlow management socket of a bridge.</summary>
    public string ManagementSocket(string bridge) => Path.Combine(RunFolder, bridge + ".mgmt");

    /// <summary>
    /// Starts both daemons in <paramref name="network"/>, or in a namespace of their own that ends with them. With
    /// <paramref name="vswitchd"/> false only the database runs. A <paramref name="clustered"/> database, of one
    /// server, numbers its commits and remembers the last of them, which a standalone one does not.
    /// </summary>
    public static ScratchOvs Start(LabNamespace? network = null, bool vswitchd = true, bool clustered = false)
    {
        var own = network is null ? LabNamespace.Create("ovs") : null;
        var ovs = new ScratchOvs(network ?? own!, own);
        try
        {
            if (clustered)
                LabCommand.Run(
                    "ovsdb-tool", "create-cluster", ovs.DatabaseFile, SchemaPath, $"unix:{ovs.RunFolder}/raft.sock");
            else
                LabCommand.Run("ovsdb-tool", "create", ovs.DatabaseFile, SchemaPath);
            ovs.StartDatabase();
            ovs.Vsctl("--no-wait", "init");
            if (vswitchd)
                ovs.StartVswitchd();
            return ovs;
        }
        catch (Exception)
        {
            ovs.Dispose();
            throw;
        }
    }

    /// <summary>Starts ovsdb-server on the existing database; returns when it listens.</summary>
    public void StartDatabase() => _database.Start(Namespace, _environment);

    /// <summary>Ends ovsdb-server in an orderly way and waits until it is gone.</summary>
    public void StopDatabase() => _database.Stop();

    /// <summary>SIGKILLs ovsdb-server and waits until it is gone.</summary>
    public void KillDatabase() => _database.Kill();

    /// <summary>Starts ovs-vswitchd; returns when it listens. Its flows, groups and meters start out empty.</summary>
    public void StartVswitchd() => _vswitchd.Start(Namespace, _environment);

    /// <summary>Ends ovs-vswitchd in an orderly way and waits until it is gone. LOCAL interfaces stay.</summary>
    public void StopVswitchd() => _vswitchd.Stop();

    /// <summary>SIGKILLs ovs-vswitchd and waits until it is gone. LOCAL interfaces stay.</summary>
    public void KillVswitchd() => _vswitchd.Kill();

    /// <summary>
    /// Runs <c>ovs-vsctl</c>; without <c>--no-wait</c> it waits, at most 10 s, for ovs-vswitchd to catch up.
    /// </summary>
    public string Vsctl(params string[] arguments) =>
        LabCommand.Run("ovs-vsctl", [$"--db={Endpoint}", "--timeout=10", .. arguments], _environment);

    /// <summary>Runs <c>ovs-ofctl</c>; bridges are named as usual.</summary>
    public string Ofctl(params string[] arguments) => LabCommand.Run("ovs-ofctl", arguments, _environment);

    /// <summary>Runs <c>ovs-ofctl</c> with text on its standard input, for <c>add-flows BRIDGE -</c>.</summary>
    public string OfctlWithInput(string standardInput, params string[] arguments) =>
        LabCommand.Run("ovs-ofctl", arguments, _environment, standardInput);

    /// <summary>Runs <c>ovs-appctl</c> on ovs-vswitchd.</summary>
    public string Appctl(params string[] arguments) =>
        LabCommand.Run("ovs-appctl", ["-t", _vswitchd.ControlSocket, .. arguments], _environment);

    /// <summary>Runs <c>ovs-appctl</c> on ovsdb-server, for example <c>ovsdb-server/reconnect</c>.</summary>
    public string DatabaseAppctl(params string[] arguments) =>
        LabCommand.Run("ovs-appctl", ["-t", _database.ControlSocket, .. arguments], _environment);

    /// <summary>Makes a bridge of the userspace datapath and brings its LOCAL interface up.</summary>
    public void AddBridge(string bridge, string failMode = "secure")
    {
        Vsctl("add-br", bridge, "--", "set", "Bridge", bridge, "datapath_type=netdev", $"fail_mode={failMode}");
        Namespace.Ip("link", "set", bridge, "up");
    }

    /// <summary>What ovs-vswitchd has logged so far.</summary>
    public string VswitchdLog => File.Exists(_vswitchd.LogFile) ? File.ReadAllText(_vswitchd.LogFile) : "";

    /// <summary>Kills the daemons and removes the folder, and the namespace if it was made here.</summary>
    public void Dispose() => _cleanup.Dispose();

    private void Remove()
    {
        KillVswitchd();
        KillDatabase();
        LabCleanup.DeleteFolder(Folder);
        _ownNamespace?.Dispose();
    }
}
