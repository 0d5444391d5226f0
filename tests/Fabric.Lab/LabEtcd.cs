using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Lab;

/// <summary>
/// An etcd cluster of its own: data in a folder that goes with it, on loopback or on addresses of a namespace, ended by
/// <see cref="Dispose"/> and at the latest when this process exits.
/// </summary>
public sealed class LabEtcd : IDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(30);

    private readonly List<Member> _members = [];
    private readonly LabNamespace? _network;
    private readonly LabEtcdOptions _options;
    private readonly IDisposable _cleanup;

    private LabEtcd(LabEtcdOptions options, LabNamespace? network)
    {
        _options = options;
        _network = network;
        Folder = Path.Combine(Path.GetTempPath(), LabCleanup.UniqueName("etcd"));
        Directory.CreateDirectory(Folder);
        _cleanup = LabCleanup.Register(Remove);
    }

    /// <summary>The reason to skip a test that needs etcd, or null when it is installed.</summary>
    public static string? Missing { get; } =
        File.Exists("/usr/bin/etcd") && File.Exists("/usr/bin/etcdctl") ? null : "etcd is not installed (etcd-server, etcd-client)";

    /// <summary>Holds the members' data and logs.</summary>
    public string Folder { get; }

    /// <summary>HOST:PORT of each member, in order.</summary>
    public IReadOnlyList<string> Endpoints => [.. _members.Select(m => $"{m.Address}:{m.ClientPort}")];

    /// <summary>What <c>--cluster-store</c> wants, without options.</summary>
    public string Uri => $"etcd://{string.Join(',', Endpoints)}";

    /// <summary>Starts members on loopback, at ports that are free; they answer when this returns.</summary>
    public static LabEtcd Start(int members = 1, LabEtcdOptions? options = null)
    {
        if (NeedsLoopback())
            LabCommand.Run("ip", "link", "set", "lo", "up");
        var ports = FreePorts(2 * members);
        return Start(options ?? new LabEtcdOptions(), null,
            [.. Enumerable.Range(0, members).Select(i => new Member(i, "127.0.0.1", ports[2 * i], ports[2 * i + 1]))]);
    }

    /// <summary>Starts a member on each address, all of which are in that namespace.</summary>
    public static LabEtcd Start(LabNamespace network, IReadOnlyList<string> addresses) =>
        Start(new LabEtcdOptions(), network, [.. addresses.Select((address, i) => new Member(i, address, 2379, 2380))]);

    /// <summary>SIGKILLs a member and waits until it is gone.</summary>
    public void Kill(int member)
    {
        if (_members[member].Process is not { } process)
            return;
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        _members[member].Process = null;
    }

    /// <summary>Stops a member for a while (SIGSTOP), as a machine that hangs would: connections stay and nothing answers.</summary>
    public void Freeze(int member) => Signal(member, "STOP");

    public void Thaw(int member) => Signal(member, "CONT");

    /// <summary>Starts a member that was killed, on its data; it answers when this returns.</summary>
    public void Restart(int member)
    {
        Launch(_members[member]);
        AwaitHealth([_members[member]]);
    }

    /// <summary>Kills all members and deletes what they hold: the same cluster starts again with nothing in it.</summary>
    public void StartAnew()
    {
        foreach (var member in _members)
        {
            Kill(member.Index);
            LabCleanup.DeleteFolder(DataOf(member));
        }
        foreach (var member in _members)
            Launch(member);
        AwaitHealth(_members);
    }

    public void KillAll()
    {
        foreach (var member in _members)
            Kill(member.Index);
    }

    public void RestartAll()
    {
        foreach (var member in _members)
            Launch(member);
        AwaitHealth(_members);
    }

    /// <summary>Runs etcdctl on the cluster.</summary>
    public string Ctl(params string[] arguments) => Ctl(_members, arguments);

    public void Dispose() => _cleanup.Dispose();

    private static LabEtcd Start(LabEtcdOptions options, LabNamespace? network, IReadOnlyList<Member> members)
    {
        var made = new LabEtcd(options, network);
        try
        {
            made._members.AddRange(members);
            foreach (var member in members)
                made.Launch(member);
            made.AwaitHealth(members);
            return made;
        }
        catch (LabException)
        {
            made.Dispose();
            throw;
        }
    }

    private static bool NeedsLoopback() =>
        File.ReadAllText("/sys/class/net/lo/flags").Trim() is var flags && (Convert.ToInt32(flags, 16) & 1) == 0;

    /// <summary>Ports that nobody has now; all are held until the last is known.</summary>
    private static List<int> FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(l => l.Start());
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(l => l.Dispose());
        }
    }

    private void Launch(Member member)
    {
        var scheme = _options.CertFolder is null ? "http" : "https";
        var client = $"{scheme}://{member.Address}:{member.ClientPort}";
        var peer = $"http://{member.Address}:{member.PeerPort}";
        List<string> command =
        [
            "/usr/bin/etcd", "--name", member.Name, "--data-dir", DataOf(member), "--logger=zap", "--log-level=warn",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", string.Join(',', _members.Select(m => $"{m.Name}=http://{m.Address}:{m.PeerPort}")),
            // A process's end loses nothing of what was written, and a disk that others keep busy would stop all members at once.
            "--unsafe-no-fsync", "--heartbeat-interval", "50", "--election-timeout", "500", .. _options.Arguments,
        ];
        if (_options.CertFolder is { } certs)
        {
            command.AddRange(
            [
                "--cert-file", $"{certs}/server.pem", "--key-file", $"{certs}/server.key",
                "--trusted-ca-file", $"{certs}/ca.pem", "--client-cert-auth",
            ]);
        }
        if (_network is not null)
            command.InsertRange(0, ["nsenter", $"--net={_network.NetnsPath}", "--"]);
        // exec: the process that is known here is etcd itself, also behind nsenter.
        var log = Path.Combine(Folder, $"{member.Name}.log");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", log, .. command]);
        start.Environment.Remove("ETCD_UNSUPPORTED_ARCH");
        member.Process = Process.Start(start) ?? throw new LabException("etcd", -1, "the process did not start");
        File.WriteAllText(Path.Combine(Folder, $"{member.Name}.pid"), member.Process.Id.ToString(CultureInfo.InvariantCulture));
    }

    private void AwaitHealth(IReadOnlyList<Member> members)
    {
        var why = "";
        try
        {
            LabWait.Until(() => IsHealthy(members, out why), "etcd answers", StartWithin);
        }
        catch (LabException e)
        {
            throw new LabException("etcd", 0, $"{e.Message}: {why}\n{string.Join('\n', Directory.GetFiles(Folder, "*.log").Select(Tail))}");
        }

        static string Tail(string file) => string.Join('\n', File.ReadLines(file).TakeLast(5));
    }

    private bool IsHealthy(IReadOnlyList<Member> members, out string why)
    {
        try
        {
            // A linearizable read: the member has a leader.
            foreach (var member in members)
                Ctl([member], "get", "health", "--command-timeout=2s");
            why = "";
            return true;
        }
        catch (LabException e)
        {
            why = e.Message;
            return false;
        }
    }

    private string Ctl(IReadOnlyList<Member> members, params string[] arguments)
    {
        List<string> command =
        [
            "etcdctl", "--endpoints", string.Join(',', members.Select(m => $"{m.Address}:{m.ClientPort}")),
        ];
        if (_options.CertFolder is { } certs)
            command.AddRange(["--cacert", $"{certs}/ca.pem", "--cert", $"{certs}/client.pem", "--key", $"{certs}/client.key"]);
        command.AddRange(arguments);
        var environment = new Dictionary<string, string> { ["ETCDCTL_API"] = "3" };
        return _network is null
            ? LabCommand.Run(command[0], command[1..], environment)
            : _network.Run(command, environment);
    }

    private void Signal(int member, string signal)
    {
        if (_members[member].Process is { } process)
            LabCommand.Run("/bin/sh", "-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {process.Id}"));
    }

    private string DataOf(Member member) => Path.Combine(Folder, member.Name);

    private void Remove()
    {
        KillAll();
        LabCleanup.DeleteFolder(Folder);
    }

    private sealed record Member(int Index, string Address, int ClientPort, int PeerPort)
    {
        public string Name => string.Create(CultureInfo.InvariantCulture, $"etcd{Index + 1}");

        public Process? Process { get; set; }
    }
}
