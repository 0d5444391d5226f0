using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Fabric.Lab.Cri;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fabric.Lab;

/// <summary>
/// A containerd of a node's own, which runs pod sandboxes by runc and calls the CNI binary for them as it does in a cluster. Gone with
/// its shims, mounts and cgroups after <see cref="Dispose"/>, and at the latest when this process exits.
/// </summary>
/// <remarks>Safe for use by several threads at once, starting and stopping excepted.</remarks>
public sealed class LabContainerd : IDisposable
{
    internal const string Label = "containerd";

    private const string LoopbackPlugin = "/usr/lib/cni/loopback";

    /// <summary>A sandbox takes some 200 ms; a CNI binary that waits for its agent may take seconds.</summary>
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(90);

    private static readonly Lazy<string?> Reason = new(Find);

    private readonly LabNamespace _network;
    private readonly GrpcChannel _channel;
    private readonly RuntimeService.RuntimeServiceClient _runtime;
    private readonly ImageService.ImageServiceClient _images;
    private readonly IDisposable _cleanup;
    private Process? _process;

    private LabContainerd(LabNamespace network, string cniBinDir, string cniConfDir)
    {
        _network = network;
        Folder = Path.Combine(Path.GetTempPath(), LabCleanup.UniqueName(Label));
        Directory.CreateDirectory(Folder);
        File.WriteAllText(ConfigurationFile, LabContainerdFiles.Configuration(Folder, cniBinDir, cniConfDir));
        var handler = new SocketsHttpHandler { ConnectCallback = async (_, cancellation) => await ConnectAsync(cancellation) };
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        (_runtime, _images) = (new RuntimeService.RuntimeServiceClient(_channel), new ImageService.ImageServiceClient(_channel));
        _cleanup = LabCleanup.Register(Remove);
    }

    /// <summary>The reason to skip a test that needs it, or null. A sandbox without a network is tried, once per process.</summary>
    public static string? Missing => LabRequirements.Missing ?? Reason.Value;

    /// <summary>The private folder that holds everything.</summary>
    public string Folder { get; }

    /// <summary>Where it speaks CRI, for crictl and the like.</summary>
    public string Socket => Path.Combine(Folder, "containerd.sock");

    /// <summary>What it has logged so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>The pids of its shims: one for each sandbox that is not stopped.</summary>
    public IReadOnlyList<int> Shims => [.. LabContainerdRemains.Shims(Folder)];

    /// <summary>Its mounts: network namespaces, root file systems and shared memory of sandboxes.</summary>
    public IReadOnlyList<string> Mounts => [.. LabContainerdRemains.MountsUnder(Folder)];

    private string ConfigurationFile => Path.Combine(Folder, "config.toml");

    private string LogFile => Path.Combine(Folder, "containerd.log");

    /// <summary>Starts it in the node's network namespace; it serves CRI when this returns, whether or not the network is ready.</summary>
    /// <param name="cniBinDir">Holds the CNI binaries; the loopback plugin, which containerd wants, is put there if it is missing.</param>
    /// <param name="cniConfDir">Holds network configurations, or will; containerd watches it.</param>
    public static LabContainerd Start(LabNode node, string cniBinDir, string cniConfDir) => Start(node.Namespace, cniBinDir, cniConfDir);

    private static LabContainerd Start(LabNamespace network, string cniBinDir, string cniConfDir)
    {
        var loopback = Path.Combine(cniBinDir, "loopback");
        if (!File.Exists(loopback))
            File.CreateSymbolicLink(loopback, LoopbackPlugin);
        var made = new LabContainerd(network, cniBinDir, cniConfDir);
        try
        {
            made.Start();
            var image = Path.Combine(made.Folder, "pause.tar");
            LabContainerdFiles.WritePauseImage(image);
            LabCommand.Run("ctr", "--address", made.Socket, "--namespace", "k8s.io", "images", "import", "--snapshotter", "native", image);
            LabWait.Until(made.HasImage, "containerd's CRI knows the image of sandboxes");
            return made;
        }
        catch (LabException e)
        {
            var log = made.Log;
            made.Dispose();
            throw new LabException(e.Operation, e.ExitCode, $"{e.Detail}\n{log}");
        }
    }

    /// <summary>Starts it again after <see cref="Kill"/>, on what it left.</summary>
    public void Start()
    {
        // exec: the process that is known here is containerd itself, also behind nsenter and sh.
        var start = new ProcessStartInfo("nsenter",
        [
            $"--net={_network.NetnsPath}", "--", "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", LogFile,
            "containerd", "--config", ConfigurationFile,
        ]);
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        _process = Process.Start(start) ?? throw new LabException("containerd", -1, "the process did not start");
        File.WriteAllText(Path.Combine(Folder, "containerd.pid"), _process.Id.ToString(CultureInfo.InvariantCulture));
        LabWait.Until(() => _process.HasExited || IsServing(), "containerd serves CRI", TimeSpan.FromSeconds(30));
        if (_process.HasExited)
            throw new LabException("containerd", _process.ExitCode, Log);
    }

    /// <summary>SIGKILLs containerd itself; its sandboxes stay.</summary>
    public void Kill()
    {
        if (_process is not { } process)
            return;
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
        _process = null;
    }

    /// <summary>Runs a sandbox, as the kubelet asks for one. What the runtime says when it fails is the exception's message.</summary>
    /// <param name="hostNetwork">In the node's network namespace; no CNI binary is called.</param>
    /// <param name="hostPorts">TCP ports of the node and the sandbox's ports that they lead to, for a plugin that does that.</param>
    public async Task<LabSandbox> RunPodAsync(
        string ns, string name, string uid, IReadOnlyDictionary<string, string>? labels = null,
        IReadOnlyDictionary<string, string>? annotations = null, bool hostNetwork = false, params IReadOnlyList<(int HostPort, int Port)> hostPorts)
    {
        var config = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata { Namespace = ns, Name = name, Uid = uid },
            Hostname = hostNetwork ? "" : name,
            LogDirectory = Path.Combine(Folder, "logs"),
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = LabContainerdRemains.CgroupOf(Folder),
                SecurityContext = new LinuxSandboxSecurityContext
                {
                    NamespaceOptions = new NamespaceOption { Network = hostNetwork ? NamespaceMode.Node : NamespaceMode.Pod },
                },
            },
        };
        config.Labels.Add(new Dictionary<string, string>(labels ?? new Dictionary<string, string>())
        {
            ["io.kubernetes.pod.namespace"] = ns, ["io.kubernetes.pod.name"] = name, ["io.kubernetes.pod.uid"] = uid,
        });
        config.Annotations.Add(new Dictionary<string, string>(annotations ?? new Dictionary<string, string>()));
        config.PortMappings.Add(hostPorts.Select(p => new PortMapping { HostPort = p.HostPort, ContainerPort = p.Port }));
        var answer = await AskAsync("RunPodSandbox",
            _runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = config }, deadline: Deadline));
        return await PodAsync(answer.PodSandboxId);
    }

    /// <summary>Ends a sandbox's processes and network; one that is stopped or removed already is no error.</summary>
    public async Task StopPodAsync(string id) => await AskAsync("StopPodSandbox",
        _runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = id }, deadline: Deadline));

    /// <summary>Forgets a sandbox, which must be stopped; one that is removed already is no error.</summary>
    public async Task RemovePodAsync(string id) => await AskAsync("RemovePodSandbox",
        _runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = id }, deadline: Deadline));

    /// <summary>What is known of a sandbox now.</summary>
    public async Task<LabSandbox> PodAsync(string id)
    {
        var answer = await AskAsync("PodSandboxStatus", _runtime.PodSandboxStatusAsync(
            new PodSandboxStatusRequest { PodSandboxId = id, Verbose = true }, deadline: Deadline));
        var status = answer.Status;
        string[] addresses = status.Network is { Ip.Length: > 0 } network ? [network.Ip, .. network.AdditionalIps.Select(a => a.Ip)] : [];
        var isReady = status.State == PodSandboxState.SandboxReady;
        return new LabSandbox(status.Id, status.Metadata.Namespace, status.Metadata.Name, status.Metadata.Uid, isReady, addresses,
            isReady && NetnsIn(answer.Info["info"]) is { } path ? LabNamespace.Of(path) : null);
    }

    /// <summary>The ids of all sandboxes that are not removed, stopped ones included.</summary>
    public async Task<IReadOnlyList<string>> PodsAsync() =>
        [.. (await AskAsync("ListPodSandbox", _runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), deadline: Deadline))).Items.Select(p => p.Id)];

    /// <summary>Its version: <c>1.6.20…</c></summary>
    public async Task<string> VersionAsync() =>
        (await AskAsync("Version", _runtime.VersionAsync(new VersionRequest(), deadline: Deadline))).RuntimeVersion;

    /// <summary>The condition NetworkReady, by which the kubelet judges the node, and its message.</summary>
    public async Task<(bool IsReady, string Message)> NetworkAsync()
    {
        var answer = await AskAsync("Status", _runtime.StatusAsync(new StatusRequest(), deadline: Deadline));
        var condition = answer.Status.Conditions.Single(c => c.Type == "NetworkReady");
        return (condition.Status, condition.Message);
    }

    /// <summary>Ends it with all that it runs, and removes all that it made. Pods are not detached: no CNI binary is called.</summary>
    public void Dispose() => _cleanup.Dispose();

    private static DateTime Deadline => DateTime.UtcNow + CallDeadline;

    private static async Task<T> AskAsync<T>(string operation, AsyncUnaryCall<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException e)
        {
            throw new LabException($"containerd {operation}", 0, $"{e.StatusCode}: {e.Status.Detail}");
        }
    }

    /// <summary>The namespace in the sandbox's OCI configuration; none for one in the node's own.</summary>
    private static string? NetnsIn(string info)
    {
        using var document = JsonDocument.Parse(info);
        foreach (var ns in document.RootElement.GetProperty("runtimeSpec").GetProperty("linux").GetProperty("namespaces").EnumerateArray())
        {
            if (ns.GetProperty("type").GetString() == "network" && ns.TryGetProperty("path", out var path))
                return path.GetString();
        }
        return null;
    }

    private bool IsServing()
    {
        try
        {
            return _runtime.Status(new StatusRequest(), deadline: DateTime.UtcNow.AddSeconds(1)).Status.Conditions.Count > 0;
        }
        catch (RpcException)
        {
            // The socket is there before the service is.
            return false;
        }
    }

    private bool HasImage() => _images.ImageStatus(
        new ImageStatusRequest { Image = new ImageSpec { Image = LabContainerdFiles.PauseImage } }, deadline: Deadline).Image is not null;

    private async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    private void Remove()
    {
        _channel.Dispose();
        Kill();
        LabContainerdRemains.Remove(Folder);
        LabCleanup.DeleteFolder(Folder);
    }

    private static string? Find()
    {
        string[] programs = ["/usr/bin/containerd", "/usr/bin/ctr", "/usr/bin/containerd-shim-runc-v2", "/usr/sbin/runc", "/bin/busybox", LoopbackPlugin];
        if (programs.FirstOrDefault(p => !File.Exists(p)) is { } absent)
            return $"{absent} is not installed";
        using var network = LabNamespace.Create("probe");
        var cni = Directory.CreateTempSubdirectory("fab-t-cni").FullName;
        try
        {
            using var containerd = Start(network, cni, cni);
            var pod = containerd.RunPodAsync("default", "probe", "probe", hostNetwork: true).GetAwaiter().GetResult();
            containerd.StopPodAsync(pod.Id).GetAwaiter().GetResult();
            return null;
        }
        catch (LabException e)
        {
            return $"containerd and runc can't run a sandbox here: {e.Message}";
        }
        finally
        {
            Directory.Delete(cni, recursive: true);
        }
    }
}
