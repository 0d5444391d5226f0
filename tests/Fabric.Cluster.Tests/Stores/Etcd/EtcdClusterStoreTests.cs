using Fabric.Actors;
using Fabric.Contracts;
using Fabric.Lab;

namespace Fabric.Cluster.Tests;

public sealed class EtcdClusterStoreTests : ClusterStoreContract
{
    private EtcdOptions _place = null!;

    public override Task InitializeAsync()
    {
        Skip.If(LabEtcd.Missing is not null, LabEtcd.Missing);
        _place = SharedEtcd.NewPlace();
        return base.InitializeAsync();
    }

    protected override ValueTask<IJournal> OpenAsync() =>
        ValueTask.FromResult<IJournal>(EtcdClusterStore.Open(_place, "default", TimeProvider.System));

    protected override ValueTask<IClusterStore> OpenAnotherAsync() =>
        ValueTask.FromResult<IClusterStore>(EtcdClusterStore.Open(_place, "default", TimeProvider.System));
}
