using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;
using Fabric.Lab;

namespace Fabric.Cluster.Tests;

/// <summary>Who the client is to a real API server, and what it says when that is nobody.</summary>
[Collection(SharedKubernetes.Users)]
public sealed class KubernetesAccessTests
{
    [SkippableFact]
    public async Task A_token_file_is_read_again_when_its_token_is_refused()
    {
        var file = Path.Combine(Server().Folder, "token");
        await File.WriteAllTextAsync(file, "expired");
        using var api = Open("rotated", $"{{\"tokenFile\": \"{file}\"}}");
        Assert.Equal(ApiFault.Unauthorized, (await Fails(api)).Fault);
        await File.WriteAllTextAsync(file, LabKubernetes.AdminToken);
        // At most every 5 s, so that credentials that stay wrong are not read without end.
        var deadline = DateTimeOffset.UtcNow.AddSeconds(30);
        while (await TryAsync(api) is { Fault: ApiFault.Unauthorized } && DateTimeOffset.UtcNow < deadline)
            await Task.Yield();
        Assert.Null(await TryAsync(api));
    }

    [SkippableFact]
    public async Task An_exec_plugin_gives_the_token()
    {
        var plugin = Path.Combine(Server().Folder, "plugin");
        await File.WriteAllTextAsync(plugin, $$$"""
            #!/bin/sh
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{{LabKubernetes.AdminToken}}}"}}'
            """);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var api = Open("exec",
            $"{{\"exec\": {{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"command\": \"{plugin}\", \"interactiveMode\": \"Never\"}}}}");
        Assert.Null(await TryAsync(api));
    }

    [SkippableFact]
    public async Task A_user_without_rights_is_told_who_it_is_and_where_rights_come_from()
    {
        using var api = Open("nobody", $"{{\"token\": \"{LabKubernetes.NobodyToken}\"}}");
        var failure = await Fails(api);
        Assert.Equal((ApiFault.Forbidden, true), (failure.Fault, failure.IsSurelyUndone));
        Assert.Contains("nobody", failure.Message, StringComparison.Ordinal);
        Assert.Contains("RBAC", failure.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_server_that_another_authority_vouches_for_is_not_spoken_to()
    {
        var folder = Directory.CreateTempSubdirectory("fab-t-ca-");
        try
        {
            var file = Server().WriteKubeconfig("wrong-ca", "{\"token\": \"x\"}", new LabAuthority(folder.FullName).CaFile);
            using var api = Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: file), TimeProvider.System);
            var failure = await Fails(api);
            Assert.Equal((ApiFault.Unreachable, true), (failure.Fault, failure.IsSurelyUndone));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static LabKubernetes Server()
    {
        Skip.If(LabKubernetes.Missing is not null, LabKubernetes.Missing);
        return SharedKubernetes.Server;
    }

    private static Kubernetes.KubernetesApi Open(string name, string credentials) =>
        Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: Server().WriteKubeconfig(name, credentials)), TimeProvider.System);

    private static Task<KubernetesException> Fails(Kubernetes.KubernetesApi api) =>
        Assert.ThrowsAsync<KubernetesException>(() => MakeAsync(api));

    private static async Task<KubernetesException?> TryAsync(Kubernetes.KubernetesApi api)
    {
        try
        {
            await MakeAsync(api);
            return null;
        }
        catch (KubernetesException e)
        {
            return e;
        }
    }

    private static Task<NamespaceObject> MakeAsync(Kubernetes.KubernetesApi api) => api.CreateAsync(
        NamespaceObject.Resource, new NamespaceObject(new ObjectMeta($"fab-t-{Guid.NewGuid():N}")), default);
}
