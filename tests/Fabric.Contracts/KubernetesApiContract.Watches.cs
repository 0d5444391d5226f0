using Fabric.Cluster.Kubernetes;

namespace Fabric.Contracts;

public abstract partial class KubernetesApiContract
{
    [SkippableFact]
    public async Task A_watch_brings_what_happened_since_its_version_and_then_what_happens()
    {
        await Widget("a");
        var from = (await List(Here, 0)).ResourceVersion;
        await Merge("a", """{"spec":{"size":4}}""");
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Watch(Here, from, patience.Token);
        Assert.Equal("changed a 4", await Next(watch));
        await Widget("b", 5);
        Assert.Equal("new b 5", await Next(watch));
        await Api.DeleteAsync(WidgetObject.Resource, Namespace, "a", null, default);
        Assert.Equal("deleted a 4", await Next(watch));
    }

    [SkippableFact]
    public async Task A_watch_goes_on_from_the_last_version_that_it_brought_also_a_deletions()
    {
        var from = (await List(Here, 0)).ResourceVersion;
        await Widget("a");
        await Api.DeleteAsync(WidgetObject.Resource, Namespace, "a", null, default);
        await Widget("b");
        using var patience = new CancellationTokenSource(Patience);
        string version;
        await using (var watch = Watch(Here, from, patience.Token))
        {
            Assert.Equal("new a 3", await Next(watch));
            Assert.True(await watch.MoveNextAsync());
            version = Assert.IsType<WatchEvent<WidgetObject>.Deleted>(watch.Current).Object.Metadata.ResourceVersion!;
        }
        await using var resumed = Watch(Here, version, patience.Token);
        Assert.Equal("new b 3", await Next(resumed));
    }

    [SkippableFact]
    public async Task Another_kinds_changes_are_not_in_a_watch_but_its_versions_are_of_the_same_count()
    {
        var map = await ConfigMap("a", "1");
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Watch(Here, map.Metadata.ResourceVersion!, patience.Token);
        await Api.ReplaceAsync(ConfigMapObject.Resource, MapOf(map.Metadata, "2"), null, default);
        await Widget("a");
        Assert.Equal("new a 3", await Next(watch));
    }

    [SkippableFact]
    public async Task An_object_that_leaves_the_selector_is_deleted_for_the_watch_and_one_that_enters_is_new()
    {
        var a = await Widget("a", labels: Labels("tier", "x"));
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Watch(Here with { LabelSelector = "tier=x" }, a.Metadata.ResourceVersion!, patience.Token);
        var left = await Put(a with { Metadata = a.Metadata with { Labels = Labels("tier", "y") } });
        Assert.True(await watch.MoveNextAsync());
        // It comes as it was when it still matched, at the version of the change.
        var gone = Assert.IsType<WatchEvent<WidgetObject>.Deleted>(watch.Current).Object.Metadata;
        Assert.Equal(("x", left.Metadata.ResourceVersion), (gone.Labels!["tier"], gone.ResourceVersion));
        await Put(left with { Metadata = left.Metadata with { Labels = Labels("tier", "x") } });
        Assert.Equal("new a 3", await Next(watch));
    }

    [SkippableFact]
    public async Task A_watch_of_one_name_is_silent_about_others()
    {
        var from = (await List(Here, 0)).ResourceVersion;
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Watch(Here with { FieldSelector = "metadata.name=b" }, from, patience.Token);
        await Widget("a");
        await Widget("b");
        Assert.Equal("new b 3", await Next(watch));
    }

    [SkippableFact]
    public async Task A_write_that_changes_nothing_is_in_no_watch()
    {
        var a = await Widget("a");
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Watch(Here, a.Metadata.ResourceVersion!, patience.Token);
        await Put(a);
        await Widget("b");
        Assert.Equal("new b 3", await Next(watch));
    }

    [SkippableFact]
    public async Task A_watch_from_a_version_that_is_no_longer_there_is_expired()
    {
        await Widget("a");
        await Merge("a", """{"spec":{"size":4}}""");
        await CompactAsync();
        using var patience = new CancellationTokenSource(Patience);
        // 1 is older than the CRD itself: also a server whose cache outlives the storage's compaction knows nothing of it.
        await using var watch = Watch(Here, "1", patience.Token);
        await Fails(ApiFault.Expired, async () => await watch.MoveNextAsync());
    }

    [SkippableFact]
    public async Task A_watch_ends_when_it_is_cancelled()
    {
        var from = (await List(Here, 0)).ResourceVersion;
        using var end = new CancellationTokenSource();
        await using var watch = Watch(Here, from, end.Token);
        var next = watch.MoveNextAsync().AsTask();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [SkippableFact]
    public async Task A_bookmark_says_how_far_a_silent_watch_is()
    {
        Skip.If(BookmarksTakeLong is not null, BookmarksTakeLong);
        var from = (await List(Here, 0)).ResourceVersion;
        var map = await ConfigMap("a", "1");
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Api.WatchAsync(WidgetObject.Resource, Here, from, patience.Token).GetAsyncEnumerator(patience.Token);
        var next = watch.MoveNextAsync();
        await ProvokeBookmarksAsync();
        Assert.True(await next);
        var version = Assert.IsType<WatchEvent<WidgetObject>.Bookmark>(watch.Current).ResourceVersion;
        Assert.True(long.Parse(version) >= long.Parse(map.Metadata.ResourceVersion!));
    }

    private IAsyncEnumerator<WatchEvent<WidgetObject>> Watch(ObjectQuery query, string from, CancellationToken cancellationToken) =>
        Api.WatchAsync(WidgetObject.Resource, query, from, cancellationToken).GetAsyncEnumerator(cancellationToken);

    private static async Task<string> Next(IAsyncEnumerator<WatchEvent<WidgetObject>> watch)
    {
        while (await watch.MoveNextAsync())
        {
            switch (watch.Current)
            {
                case WatchEvent<WidgetObject>.Put put:
                    return $"{(put.IsNew ? "new" : "changed")} {put.Object.Metadata.Name} {put.Object.Spec!.Size}";
                case WatchEvent<WidgetObject>.Deleted gone:
                    return $"deleted {gone.Object.Metadata.Name} {gone.Object.Spec!.Size}";
                default:
                    // Bookmarks come when the server likes.
                    continue;
            }
        }
        return "the watch ended";
    }
}
