using System.Globalization;
using Fabric.Cluster.Kubernetes;
using Fabric.Lab;

namespace Fabric.KubernetesApi;

/// <summary>A Kubernetes API for a lab: kube-apiserver with etcd where KUBEBUILDER_ASSETS names them, else the server that stands in for it.</summary>
public sealed class LabApi : IDisposable
{
    private readonly LabKubernetes? _real;
    private readonly ApiServer? _standIn;
    private readonly Cluster.Kubernetes.KubernetesApi _admin;
    private readonly DirectoryInfo _folder;
    private readonly string _alsoAt;

    private LabApi(LabKubernetes? real, ApiServer? standIn, string alsoAt, string definitions)
    {
        (_real, _standIn, _alsoAt) = (real, standIn, alsoAt);
        _folder = Directory.CreateTempSubdirectory("fab-t-api-");
        AdminKubeconfig = real?.AdminKubeconfig ?? Write("admin", $"http://127.0.0.1:{Port}");
        _admin = Cluster.Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: AdminKubeconfig), TimeProvider.System);
        foreach (var definition in Directory.GetFiles(definitions, "*.yaml"))
            Apply(File.ReadAllText(definition));
        Apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: fabric-system}\n");
    }

    /// <summary>On loopback.</summary>
    public int Port => _real?.Port ?? new Uri(_standIn!.Url).Port;

    /// <summary>The API as an administrator has it.</summary>
    public IKubernetesApi Admin => _admin;

    public string AdminKubeconfig { get; }

    /// <summary>Whether it is kube-apiserver.</summary>
    public bool IsReal => _real is not null;

    /// <summary>Starts it with Fabric's kinds and namespace.</summary>
    /// <param name="alsoAt">An address at which a <see cref="LabRelay"/> leads to it.</param>
    /// <param name="definitions">The folder of the kinds' definitions.</param>
    public static LabApi Start(string alsoAt, string definitions)
    {
        if (LabKubernetes.Missing is null)
            return new LabApi(LabKubernetes.Start(alsoAt), null, alsoAt, definitions);
        var state = ApiState.Start(TimeProvider.System, () => Guid.NewGuid().ToString());
        return new LabApi(null, Wait(ApiServer.StartAsync(state, ApiServerOptions.Plain, TimeProvider.System)), alsoAt, definitions);
    }

    /// <summary>The path of a kubeconfig of a user who may do everything, with which the server is reached through the relay.</summary>
    public string KubeconfigFor(string user) => _real?.KubeconfigFor(user, "system:masters")
        ?? Write(user, string.Create(CultureInfo.InvariantCulture, $"http://{_alsoAt}:{Port}"));

    public void Apply(string manifest)
    {
        if (_real is not null)
            _real.Apply(manifest);
        else
            _standIn!.State.LoadText(manifest);
    }

    /// <summary>The server ends and is there again a while later, with all that it had stored and nothing of its past.</summary>
    public void Restart(Action meanwhile)
    {
        if (_real is not null)
        {
            _real.Kill();
            meanwhile();
            _real.Restart();
            return;
        }
        _standIn!.State.Compact(_standIn.State.Revision);
        Wait(StopAsync());
        meanwhile();
        Wait(ListenAsync());

        async Task<bool> StopAsync()
        {
            await _standIn.StopListeningAsync();
            return true;
        }

        async Task<bool> ListenAsync()
        {
            await _standIn.ListenAsync();
            return true;
        }
    }

    public void Dispose()
    {
        _admin.Dispose();
        _real?.Dispose();
        if (_standIn is not null)
            _standIn.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Delete(recursive: true);
    }

    private string Write(string user, string url)
    {
        var path = Path.Combine(_folder.FullName, $"{user}.kubeconfig");
        File.WriteAllText(path, $$$"""
            {"apiVersion": "v1", "kind": "Config", "current-context": "lab",
             "clusters": [{"name": "lab", "cluster": {"server": "{{{url}}}"}}], "users": [{"name": "{{{user}}}", "user": {"token": "lab"}}],
             "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "{{{user}}}"}}]}
            """);
        return path;
    }

    private static T Wait<T>(Task<T> task) => Task.Run(() => task).GetAwaiter().GetResult();
}
