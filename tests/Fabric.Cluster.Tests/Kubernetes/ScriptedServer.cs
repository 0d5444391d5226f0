using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster.Tests;

/// <summary>Answers each request on loopback with the next text of its script, then closes; null: never answers.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _folder = Directory.CreateTempSubdirectory("fab-t").FullName;
    private readonly List<TcpClient> _open = [];

    internal ScriptedServer(params IReadOnlyList<string?> script)
    {
        _listener.Start();
        File.WriteAllText(TokenFile, "old");
        _ = ServeAsync(script);
    }

    /// <summary>The requests' heads, in order.</summary>
    internal ConcurrentQueue<string> Requests { get; } = [];

    internal string TokenFile => Path.Combine(_folder, "token");

    /// <summary>Called with each request's number before it is answered.</summary>
    internal Action<int> OnRequest { get; init; } = _ => { };

    internal static string Answer(string status, string body, string headers = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n{body}";

    internal Cluster.Kubernetes.KubernetesApi Open(TimeProvider? time = null)
    {
        var file = Path.Combine(_folder, "kubeconfig");
        File.WriteAllText(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: c, cluster: {server: "http://127.0.0.1:{{((IPEndPoint)_listener.LocalEndpoint).Port}}"} }]
            contexts: [{name: c, context: {cluster: c, user: u} }]
            users: [{name: u, user: {tokenFile: token} }]

            """);
        return Cluster.Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: file), time ?? TimeProvider.System);
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
            _open.ForEach(c => c.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync(IReadOnlyList<string?> script)
    {
        for (var i = 0; i < script.Count; i++)
        {
            var client = await _listener.AcceptTcpClientAsync();
            lock (_open)
                _open.Add(client);
            var buffer = new byte[64 << 10];
            var read = 0;
            while (!Encoding.ASCII.GetString(buffer, 0, read).Contains("\r\n\r\n", StringComparison.Ordinal))
                read += await client.GetStream().ReadAsync(buffer.AsMemory(read));
            Requests.Enqueue(Encoding.ASCII.GetString(buffer, 0, read));
            OnRequest(i);
            if (script[i] is not { } answer)
                continue;
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(answer));
            client.Client.Shutdown(SocketShutdown.Send);
        }
    }
}
