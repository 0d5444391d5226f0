using Fabric.Actors;
using Fabric.Contracts;

namespace Fabric.Cluster.Tests;

public sealed class KubernetesClusterStoreTests : ClusterStoreContract
{
    private readonly StandInCluster _cluster = new();

    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(_cluster.Open());

    protected override ValueTask<IClusterStore> OpenAnotherAsync() => ValueTask.FromResult<IClusterStore>(_cluster.Open());
}
