using System.Diagnostics;
using Fabric.Actors;
using Fabric.Contracts;

namespace Fabric.Cluster.Tests;

public sealed class SqliteClusterStoreTests : ClusterStoreContract
{
    private readonly StoreFile _file = new();

    protected override ValueTask<IJournal> OpenAsync() =>
        ValueTask.FromResult<IJournal>(SqliteClusterStore.Open(_file.Path, "default", TimeProvider.System));

    protected override ValueTask<IClusterStore> OpenAnotherAsync() =>
        ValueTask.FromResult<IClusterStore>(SqliteClusterStore.Open(_file.Path, "default", TimeProvider.System));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _file.Dispose();
    }

    [Fact]
    public async Task Of_two_processes_that_race_for_a_stream_one_wins_each_number()
    {
        const int Each = 100;
        using var other = Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
            [typeof(SqliteClusterStoreTests).Assembly.Location, "race", _file.Path, A.Value, "other", $"{Each}"]))!;
        await StoreRace.RunAsync(Store, A, "this", Each);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await other.WaitForExitAsync(patience.Token);
        Assert.Equal(0, other.ExitCode);
        var events = await Read(A);
        Assert.Equal(Enumerable.Range(1, 2 * Each).Select(n => (long)n), events.Select(e => e.SequenceNr));
        Assert.Equal(Each, events.Count(e => e.CommitId.Writer == "other"));
    }

    [Fact]
    public async Task Many_that_open_a_new_file_at_once_find_one_store()
    {
        using var file = new StoreFile();
        var stores = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => SqliteClusterStore.Open(file.Path, "default", TimeProvider.System))));
        Assert.IsType<AppendOutcome.Appended>(await stores[0].AppendAsync(Appends.Next(A, 0), default));
        foreach (var store in stores)
        {
            Assert.Equal(1, (await store.ReadHeadAsync(A, default)).LastSequenceNr);
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task On_a_loop_of_its_own_a_store_does_not_block_its_caller()
    {
        using var file = new StoreFile();
        await using var loop = new EventLoop("cluster-store", _ => { });
        await using var store = SqliteClusterStore.Open(file.Path, "default", TimeProvider.System, loop);
        Assert.IsType<AppendOutcome.Appended>(await store.AppendAsync(Appends.Next(A, 0), default));
        Assert.Equal(1, (await store.ReadHeadAsync(A, default)).LastSequenceNr);
    }

    [Fact]
    public async Task A_file_of_another_kind_is_refused()
    {
        using var file = new StoreFile();
        await File.WriteAllTextAsync(file.Path, "this is no database at all, however long it may be");
        Assert.False(Assert.Throws<JournalException>(() => SqliteClusterStore.Open(file.Path, "default", TimeProvider.System)).IsTransient);
    }
}
