using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi.Tests;

/// <summary>
/// A kube-apiserver with its etcd, on loopback, from the folder that KUBEBUILDER_ASSETS names (the convention of envtest). One for
/// all tests of a class; both processes and their folder go with it.
/// </summary>
public sealed class RealApiServer : IAsyncLifetime
{
    private const string Token = "fabric-test";
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(120);

    private readonly List<Process> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("fab-t-kube-").FullName;
    private string _etcd = "";

    /// <summary>The reason to skip, or null.</summary>
    public static string? Missing { get; } = Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") switch
    {
        null or "" => "KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd",
        var folder when !File.Exists(Path.Combine(folder, "kube-apiserver")) || !File.Exists(Path.Combine(folder, "etcd")) =>
            "the folder of KUBEBUILDER_ASSETS lacks kube-apiserver or etcd",
        _ => null,
    };

    public static string? Kubectl { get; } = Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") is { Length: > 0 } folder
        && File.Exists(Path.Combine(folder, "kubectl")) ? Path.Combine(folder, "kubectl") : null;

    /// <summary>With credentials that may do everything.</summary>
    public HttpClient Http { get; private set; } = new();

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        var ports = FreePorts(3);
        _etcd = $"http://127.0.0.1:{ports[0]}";
        Start("etcd", "--data-dir", Path.Combine(_folder, "etcd"), "--listen-client-urls", _etcd, "--advertise-client-urls", _etcd,
            "--listen-peer-urls", $"http://127.0.0.1:{ports[1]}");
        using (var key = RSA.Create(2048))
            await File.WriteAllTextAsync(Path.Combine(_folder, "sa.key"), key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "tokens.csv"), $"{Token},admin,admin,\"system:masters\"\n");
        // Advertised by hand: by itself it looks for a default route, and a test's network namespace has none.
        Start("kube-apiserver", "--etcd-servers", _etcd, "--bind-address", "127.0.0.1", "--secure-port", $"{ports[2]}",
            "--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none",
            "--cert-dir", Path.Combine(_folder, "certs"), "--token-auth-file", Path.Combine(_folder, "tokens.csv"),
            "--authorization-mode", "RBAC", "--service-account-issuer", "https://fabric.test",
            "--service-account-key-file", Path.Combine(_folder, "sa.key"),
            "--service-account-signing-key-file", Path.Combine(_folder, "sa.key"),
            "--service-cluster-ip-range", "10.0.0.0/24", "--disable-admission-plugins", "ServiceAccount");
        Http = new HttpClient(new SocketsHttpHandler
        {
            // Its certificate is its own, made a moment ago, on loopback.
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        })
        {
            BaseAddress = new Uri($"https://127.0.0.1:{ports[2]}"),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Token) },
        };
        await Until("kube-apiserver is ready", () => Answers("/readyz"));
        await Until("the default namespace is there", () => Answers("/api/v1/namespaces/default"));
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        // kube-apiserver first: it would wait for its storage.
        foreach (var process in Enumerable.Reverse(_processes))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Installs a CRD and waits until its kind is served.</summary>
    public async Task InstallAsync(string manifest)
    {
        using var body = new StringContent(manifest, Encoding.UTF8, "application/yaml");
        var definition = Manifest.Read(manifest).Single();
        using var made = await Http.PostAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body);
        if (made.StatusCode != HttpStatusCode.Conflict)
            made.EnsureSuccessStatusCode();
        var spec = definition["spec"]!;
        var path = $"/apis/{spec["group"]}/{spec["versions"]![0]!["name"]}/{spec["names"]!["plural"]}";
        await Until("the CRD is served", () => Answers(path));
    }

    /// <summary>Compacts the storage at its newest revision.</summary>
    public async Task CompactAsync()
    {
        using var etcd = new HttpClient { BaseAddress = new Uri(_etcd) };
        var range = await Post("/v3/kv/range", new JsonObject { ["key"] = "YQ==" });
        await Post("/v3/kv/compaction", new JsonObject { ["revision"] = range["header"]!["revision"]!.DeepClone(), ["physical"] = true });

        async Task<JsonNode> Post(string path, JsonObject request)
        {
            using var answer = await etcd.PostAsync(path, new StringContent(request.ToJsonString()));
            answer.EnsureSuccessStatusCode();
            return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        }
    }

    private async Task<bool> Answers(string path)
    {
        try
        {
            using var answer = await Http.GetAsync(path);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }

    private async Task Until(string what, Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var began = Stopwatch.StartNew();
        while (!await condition())
        {
            if (began.Elapsed > StartWithin || _processes.Exists(process => process.HasExited))
            {
                var logs = Directory.GetFiles(_folder, "*.log").SelectMany(log => File.ReadLines(log).TakeLast(5));
                throw new InvalidOperationException($"{what}: not after {began.Elapsed}\n{string.Join('\n', logs)}");
            }
            await timer.WaitForNextTickAsync();
        }
    }

    private void Start(string program, params string[] arguments)
    {
        var path = Path.Combine(Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS")!, program);
        // exec: the process that is known here is the server itself.
        var start = new ProcessStartInfo("/bin/sh",
            ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", Path.Combine(_folder, program + ".log"), path, .. arguments]);
        _processes.Add(Process.Start(start)!);
    }

    private static List<string> FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)).ToList();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
