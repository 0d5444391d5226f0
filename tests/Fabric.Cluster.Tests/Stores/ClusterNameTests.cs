using Fabric.Actors;
using Fabric.Contracts;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Clusters of different names in one store.</summary>
public sealed class ClusterNameTests
{
    private static readonly PersistenceId A = new("mesh", "a");

    [Fact]
    public async Task Do_not_see_each_other_in_a_file()
    {
        using var file = new StoreFile();
        await ApartAsync(cluster => SqliteClusterStore.Open(file.Path, cluster, TimeProvider.System));
    }

    [SkippableFact]
    public async Task Do_not_see_each_other_in_etcd()
    {
        Skip.If(LabEtcd.Missing is not null, LabEtcd.Missing);
        var place = SharedEtcd.NewPlace();
        await ApartAsync(cluster => EtcdClusterStore.Open(place, cluster, TimeProvider.System));
    }

    [Fact]
    public async Task Do_not_see_each_other_in_Kubernetes()
    {
        var cluster = new StandInCluster();
        await ApartAsync(name => cluster.Open(name));
    }

    private static async Task ApartAsync(Func<string, IClusterStore> open)
    {
        // One name begins with the other: a prefix without an end would mix them up.
        await using var one = open("net");
        await using var two = open("net2");
        await using var oneAgain = open("net");
        var appends = new SampleAppends();
        Assert.IsType<AppendOutcome.Appended>(await one.AppendAsync(appends.Next(A, 0, 4), default));
        Assert.IsType<AppendOutcome.Appended>(await two.AppendAsync(appends.Next(A, 0, 1), default));
        await one.SaveSnapshotAsync(SampleAppends.Snapshot(A, 3), default);
        await one.PruneAsync(A, 3, default);
        Assert.IsType<LeaseOutcome.Done>(
            await one.PutLeaseAsync("node/a", "1"u8.ToArray(), TimeSpan.FromSeconds(1), 0, default));

        Assert.Equal(1, (await two.ReadHeadAsync(A, default)).LastSequenceNr);
        Assert.Null(await two.ReadSnapshotAsync(A, default));
        Assert.Empty(await two.ReadLeasesAsync("", default));
        Assert.IsType<LeaseOutcome.Done>(
            await two.PutLeaseAsync("node/a", "2"u8.ToArray(), TimeSpan.FromSeconds(1), 0, default));
        Assert.Equal("node/a", Assert.Single(await one.ReadLeasesAsync("node/", default)).Name);

        Assert.Equal(4, (await oneAgain.ReadHeadAsync(A, default)).LastSequenceNr);
        var left = new List<EventEnvelope>();
        await foreach (var e in oneAgain.ReadAsync(A, 1, default))
            left.Add(e);
        Assert.Equal(4, Assert.Single(left).SequenceNr);
        Assert.Equal(A, left[0].Stream);
    }
}
