using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>The contract says what a real kube-apiserver does; where it would not, the contract is wrong.</summary>
public sealed class RealApiServerTests(RealApiServer server) : KubernetesApiContract, IClassFixture<RealApiServer>
{
    protected override async ValueTask<IKubernetesApi> OpenAsync()
    {
        Skip.If(RealApiServer.Missing is not null, RealApiServer.Missing);
        await server.InstallAsync(WidgetObject.Definition);
        return new PlainClient(server.Http);
    }

    protected override Task CompactAsync() => server.CompactAsync();

    protected override string? BookmarksTakeLong => "kube-apiserver sends bookmarks once a minute, and nothing hurries it";
}
