using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Fabric.Lab;

/// <summary>
/// A kube-apiserver with an etcd of its own, from the folder that KUBEBUILDER_ASSETS names; no controllers, no kubelets. Ended by
/// <see cref="Dispose"/> and at the latest when this process exits.
/// </summary>
public sealed class LabKubernetes : IDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(60);

    private readonly LabAuthority _authority;
    private readonly IDisposable _cleanup;
    private readonly int _etcdPort;
    private readonly int _etcdPeerPort;
    private Process? _etcd;
    private Process? _server;

    private LabKubernetes(string? alsoAt)
    {
        Folder = Path.Combine(Path.GetTempPath(), LabCleanup.UniqueName("kubernetes"));
        Directory.CreateDirectory(Folder);
        _cleanup = LabCleanup.Register(Remove);
        var ports = FreePorts(3);
        (Port, _etcdPort, _etcdPeerPort) = (ports[0], ports[1], ports[2]);
        _authority = new LabAuthority(Folder);
        _authority.Issue("server", null, alsoAt is null ? [IPAddress.Loopback] : [IPAddress.Loopback, IPAddress.Parse(alsoAt)]);
        File.WriteAllText(Path.Combine(Folder, "tokens.csv"), $"{AdminToken},root,1,system:masters\n{NobodyToken},nobody,2\n");
        using var key = RSA.Create(2048);
        File.WriteAllText(ServiceAccountKey, key.ExportPkcs8PrivateKeyPem());
        Url = string.Create(CultureInfo.InvariantCulture, $"https://{alsoAt ?? "127.0.0.1"}:{Port}");
        AdminKubeconfig = KubeconfigFor("admin", "system:masters");
    }

    /// <summary>The reason to skip a test that needs it, or null.</summary>
    public static string? Missing { get; } = Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") is not { Length: > 0 } folder
        ? "KUBEBUILDER_ASSETS is not set (a folder with kube-apiserver and etcd)"
        : !File.Exists(Path.Combine(folder, "kube-apiserver")) || !File.Exists(Path.Combine(folder, "etcd"))
            ? $"KUBEBUILDER_ASSETS={folder} lacks kube-apiserver or etcd"
            : null;

    /// <summary>A bearer token of a user who may do everything.</summary>
    public const string AdminToken = "lab-admin";

    /// <summary>A bearer token of user <c>nobody</c>, who may do nothing.</summary>
    public const string NobodyToken = "lab-nobody";

    public string Folder { get; }

    /// <summary>On loopback.</summary>
    public int Port { get; }

    /// <summary>Where users other than the admin find it.</summary>
    public string Url { get; }

    public string CaFile => _authority.CaFile;

    /// <summary>The path of a kubeconfig for a user who may do everything.</summary>
    public string AdminKubeconfig { get; }

    private string Local => string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{Port}");

    private string ServiceAccountKey => Path.Combine(Folder, "service-account.key");

    private static string Assets => Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS")!;

    /// <summary>Starts it on loopback at ports that are free; it is ready when this returns.</summary>
    /// <param name="alsoAt">An address at which a <see cref="LabRelay"/> leads to it.</param>
    public static LabKubernetes Start(string? alsoAt = null)
    {
        var made = new LabKubernetes(alsoAt);
        try
        {
            made._etcd = made.LaunchEtcd();
            made._server = made.LaunchServer();
            made.AwaitReady();
            return made;
        }
        catch (LabException)
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>The path of a kubeconfig for a user with a client certificate.</summary>
    public string KubeconfigFor(string user, string? group = null)
    {
        var (certificate, key) = _authority.Issue(user, group);
        return WriteKubeconfig(user, $"{{\"client-certificate\": \"{certificate}\", \"client-key\": \"{key}\"}}");
    }

    /// <summary>The path of a kubeconfig with credentials of any kind.</summary>
    /// <param name="credentials">The user's part, as JSON.</param>
    public string WriteKubeconfig(string name, string credentials, string? caFile = null)
    {
        var path = Path.Combine(Folder, $"{name}.kubeconfig");
        File.WriteAllText(path, $$$"""
            {"apiVersion": "v1", "kind": "Config", "current-context": "lab",
             "clusters": [{"name": "lab", "cluster": {"server": "{{{(name == "admin" ? Local : Url)}}}", "certificate-authority": "{{{caFile ?? CaFile}}}"}}],
             "users": [{"name": "{{{name}}}", "user": {{{credentials}}}}],
             "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "{{{name}}}"}}]}
            """);
        return path;
    }

    /// <summary>SIGKILLs the API server; its etcd keeps what it has.</summary>
    public void Kill() => End(ref _server);

    /// <summary>Starts the API server again after <see cref="Kill"/>; it is ready when this returns.</summary>
    public void Restart()
    {
        _server = LaunchServer();
        AwaitReady();
    }

    /// <summary>Applies a manifest and waits until its CRDs, if it has any, are served.</summary>
    public void Apply(string manifest)
    {
        var file = Path.Combine(Folder, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(file, manifest);
        Kubectl("apply", "--server-side", "-f", file);
        if (manifest.Contains("CustomResourceDefinition", StringComparison.Ordinal))
            Kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all");
    }

    /// <summary>
    /// Takes all versions but the newest from the storage, and what the server remembers of them with it; it is ready again when this
    /// returns.
    /// </summary>
    public void Forget()
    {
        var answer = Etcd("kv/range", """{"key": "AA=="}""");
        var revision = answer.RootElement.GetProperty("header").GetProperty("revision").GetString();
        Etcd("kv/compaction", $$"""{"revision": "{{revision}}", "physical": true}""");
        Kill();
        Restart();
    }

    /// <summary>Runs kubectl as the admin.</summary>
    public string Kubectl(params string[] arguments)
    {
        var kubectl = File.Exists(Path.Combine(Assets, "kubectl")) ? Path.Combine(Assets, "kubectl") : "kubectl";
        return LabCommand.Run(kubectl, ["--kubeconfig", AdminKubeconfig, .. arguments]);
    }

    public void Dispose() => _cleanup.Dispose();

    private Process LaunchEtcd()
    {
        var client = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_etcdPort}");
        var peer = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_etcdPeerPort}");
        return Launch("etcd",
        [
            Path.Combine(Assets, "etcd"), "--data-dir", Path.Combine(Folder, "etcd-data"), "--logger=zap", "--log-level=warn",
            "--listen-client-urls", client, "--advertise-client-urls", client, "--unsafe-no-fsync",
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"default={peer}",
        ]);
    }

    private Process LaunchServer() => Launch("kube-apiserver",
    [
        Path.Combine(Assets, "kube-apiserver"),
        string.Create(CultureInfo.InvariantCulture, $"--etcd-servers=http://127.0.0.1:{_etcdPort}"),
        "--bind-address=127.0.0.1", "--advertise-address=192.0.2.1",
        string.Create(CultureInfo.InvariantCulture, $"--secure-port={Port}"),
        $"--tls-cert-file={Path.Combine(Folder, "server.pem")}", $"--tls-private-key-file={Path.Combine(Folder, "server.key")}",
        $"--client-ca-file={CaFile}", $"--token-auth-file={Path.Combine(Folder, "tokens.csv")}", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc", $"--service-account-key-file={ServiceAccountKey}",
        $"--service-account-signing-key-file={ServiceAccountKey}", "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none", "--allow-privileged=true", $"--cert-dir={Folder}",
    ]);

    private Process Launch(string name, List<string> command)
    {
        var log = Path.Combine(Folder, $"{name}.log");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", log, .. command]);
        var process = Process.Start(start) ?? throw new LabException(name, -1, "the process did not start");
        File.WriteAllText(Path.Combine(Folder, $"{name}.pid"), process.Id.ToString(CultureInfo.InvariantCulture));
        return process;
    }

    /// <summary>One request to the JSON gateway of the server's etcd.</summary>
    private JsonDocument Etcd(string call, string body)
    {
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_etcdPort}/v3/{call}");
        return JsonDocument.Parse(LabCommand.Run("curl", "-sS", "--fail", "-d", body, url));
    }

    private void AwaitReady()
    {
        var why = "";
        try
        {
            LabWait.Until(
                () =>
                {
                    if (_server!.HasExited)
                        throw new LabException("kube-apiserver", _server.ExitCode, Tail("kube-apiserver"));
                    try
                    {
                        return Kubectl("get", "--raw", "/readyz") == "ok" && Kubectl("get", "namespace", "default").Length > 0;
                    }
                    catch (LabException e)
                    {
                        why = e.Message;
                        return false;
                    }
                }, "kube-apiserver is ready", StartWithin);
        }
        catch (LabException e)
        {
            throw new LabException("kube-apiserver", 0, $"{e.Message}: {why}\n{Tail("kube-apiserver")}\n{Tail("etcd")}");
        }
    }

    private string Tail(string name) => string.Join('\n', File.ReadLines(Path.Combine(Folder, $"{name}.log")).TakeLast(5));

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

    private static void End(ref Process? process)
    {
        if (process is null)
            return;
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        process = null;
    }

    private void Remove()
    {
        End(ref _server);
        End(ref _etcd);
        LabCleanup.DeleteFolder(Folder);
    }
}
