using Fabric.Actors;
using Fabric.Contracts;

namespace Fabric.Cluster.Tests;

public sealed class MemoryClusterStoreTests : ClusterStoreContract
{
    private readonly MemoryClusterStore _store = new();

    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(_store);

    protected override ValueTask<IClusterStore> OpenAnotherAsync() => ValueTask.FromResult<IClusterStore>(_store);
}
