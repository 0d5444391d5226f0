using System.Diagnostics;
using System.Globalization;
using System.Net;
using Fabric.Lab;

namespace Fabric.Demo;

/// <summary>A node: a network namespace with its own Open vSwitch and its own agent.</summary>
/// <remarks>
/// The userspace datapath is used, so that the demo runs on any kernel. It routes its tunnels by the addresses of its own
/// bridges: the NIC is a port of <c>br-phy</c>, and the node's address is on that bridge.
/// </remarks>
internal sealed class Node
{
    public const string Bridge = "br-fabric";

    private const string UnderlayBridge = "br-phy";

    private const string Nic = "eth0";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(15);

    private readonly string _folder;
    private readonly Dictionary<string, string> _environment;
    private string _store = "";
    private Process? _agent;

    private Node(string letter, int index)
    {
        Letter = letter;
        Address = Wire.AddressOf(index);
        _folder = Path.Combine(Places.Folder, Name);
        Directory.CreateDirectory(Switch);
        _environment = new Dictionary<string, string>
        {
            ["OVS_RUNDIR"] = Switch, ["OVS_LOGDIR"] = Switch, ["OVS_DBDIR"] = Switch, ["OVS_SYSCONFDIR"] = Switch,
        };
        Net = Net.Make(letter);
    }

    public string Letter { get; }

    public string Name => $"node-{Letter}";

    public Net Net { get; }

    /// <summary>On the wire between the nodes; also its VTEP.</summary>
    public IPAddress Address { get; }

    public string CniSocket => Path.Combine(_folder, "cni.sock");

    public string AdminSocket => Path.Combine(_folder, "admin.sock");

    public string AgentLog => Path.Combine(_folder, "agent.log");

    public int AgentPid => _agent?.Id ?? throw new DemoException($"the agent of {Name} was not started");

    private string Switch => Path.Combine(_folder, "ovs");

    private string Database => $"unix:{Switch}/db.sock";

    private string VswitchdPidFile => Path.Combine(Switch, "ovs-vswitchd.pid");

    /// <summary>Makes the namespace, starts Open vSwitch in it, and connects it to the wire.</summary>
    public static Node Make(Wire wire, string letter, int index)
    {
        var node = new Node(letter, index);
        node.Net.Ip("link", "set", "lo", "up");
        // A veth's link-local address would become an end of the userspace datapath's tunnels.
        node.Net.Run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        wire.Connect($"to-{letter}", node.Net, Nic);
        // The datapath reads frames by a packet socket; without this the kernel would answer each of them once more.
        node.Net.Run(["nft", "-f", "-"],
            $"table netdev wire {{ chain in {{ type filter hook ingress device {Nic} priority 0; policy drop; }}; }}\n");
        var file = Path.Combine(node.Switch, "conf.db");
        LabCommand.Run("ovsdb-tool", "create", file, Places.OvsSchema);
        node.StartDaemon("ovsdb-server", file, $"--remote=p{node.Database}");
        node.Vsctl("--no-wait", "init");
        node.StartSwitch();
        node.Vsctl("add-br", UnderlayBridge, "--", "set", "Bridge", UnderlayBridge, "datapath_type=netdev",
            "--", "add-port", UnderlayBridge, Nic);
        node.Net.Ip("address", "add", $"{node.Address}/24", "dev", UnderlayBridge);
        node.Net.Ip("link", "set", UnderlayBridge, "up");
        return node;
    }

    public void StartSwitch() => StartDaemon("ovs-vswitchd", Database);

    /// <summary>Asks ovs-vswitchd to end, and waits until it has.</summary>
    public async Task StopSwitchAsync(CancellationToken cancellationToken)
    {
        var pid = int.Parse(File.ReadAllText(VswitchdPidFile), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        LabCommand.Run("ovs-appctl", "-t", Path.Combine(Switch, "ovs-vswitchd.ctl"), "exit");
        await Wait.UntilAsync(() => !Belongings.IsAlive(pid), $"ovs-vswitchd {pid} has ended", EndWithin, cancellationToken);
    }

    /// <summary>Starts the agent in a session of its own, so that Ctrl-C reaches the demo only.</summary>
    /// <param name="store">The cluster's store; null: the one of the start before.</param>
    public void StartAgent(string? store = null)
    {
        _store = store ?? _store;
        var start = new ProcessStartInfo("setsid");
        string[] command =
        [
            "ip", "netns", "exec", Net.Name, "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", AgentLog,
            Places.Agent, "--node-name", Name, "--state-dir", Path.Combine(_folder, "state"),
            "--cluster-store", _store, "--underlay-address", $"{Address}",
            "--datapath-type", "netdev", "--ovs-db", Database, "--ovs-run-dir", Switch,
            "--cni-socket", CniSocket, "--admin-socket", AdminSocket,
        ];
        foreach (var word in command)
            start.ArgumentList.Add(word);
        _agent = Process.Start(start) ?? throw new DemoException("setsid did not start");
    }

    /// <summary>SIGKILL: the agent can't do anything about it.</summary>
    public async Task KillAgentAsync(CancellationToken cancellationToken)
    {
        _agent!.Kill();
        await _agent.WaitForExitAsync(cancellationToken);
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>The exit code, and how long it took.</returns>
    public async Task<(int Code, TimeSpan Took)> StopAgentAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(EndWithin);
        var began = Stopwatch.GetTimestamp();
        LabCommand.Run("kill", "-TERM", $"{AgentPid}");
        try
        {
            await _agent!.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DemoException($"the agent of {Name} did not end within {Report.Seconds(EndWithin)} of SIGTERM");
        }

        return (_agent.ExitCode, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>Waits until CNI STATUS says that pods can be attached; fails at once if the agent ends.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var reason = "";
        if (!await Wait.HoldsAsync(Ready, ReadyWithin, cancellationToken))
            throw new DemoException($"{Name} is not ready after {Report.Seconds(ReadyWithin)}; STATUS says: {reason.Trim()}");

        bool Ready()
        {
            if (_agent!.HasExited)
                throw new DemoException($"the agent of {Name} ended with code {_agent.ExitCode}:\n{Tail()}");
            var run = Plugin.Fabric(this, "STATUS", null, waitMs: 50);
            reason = run.Output;
            return run.Code == 0;
        }
    }

    /// <summary>Waits until Open vSwitch has flows from and to all of these nodes.</summary>
    public Task WaitForPeersAsync(IEnumerable<Node> peers, CancellationToken cancellationToken) => Wait.UntilAsync(
        () =>
        {
            var flows = Traces.Flows(this);
            return peers.All(p => flows.Any(f => f.Contains($"tun_src={p.Address},", StringComparison.Ordinal)));
        },
        $"{Name} has flows for its peers", ReadyWithin, cancellationToken);

    /// <summary>Runs <c>fabric</c> against this node's agent.</summary>
    public string Fabric(params string[] arguments) => LabCommand.Run(
        Places.Cli, arguments, new Dictionary<string, string> { ["FABRIC_ADMIN_SOCKET"] = AdminSocket });

    public string Vsctl(params string[] arguments) =>
        LabCommand.Run("ovs-vsctl", [$"--db={Database}", "--timeout=10", .. arguments], _environment);

    public string Ofctl(params string[] arguments) => LabCommand.Run("ovs-ofctl", arguments, _environment);

    private string Tail() => File.Exists(AgentLog) ? string.Join('\n', File.ReadLines(AgentLog).TakeLast(5)) : "";

    private void StartDaemon(string program, params string[] arguments) => LabCommand.Run(
        "ip",
        [
            "netns", "exec", Net.Name, program, .. arguments,
            $"--unixctl={Switch}/{program}.ctl", $"--pidfile={Switch}/{program}.pid", $"--log-file={Switch}/{program}.log",
            "-vconsole:off", "-vsyslog:off", "--no-chdir", "--detach",
        ],
        _environment);
}
