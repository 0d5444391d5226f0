using System.Collections.Immutable;
using System.Text;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Contracts;

/// <summary>
/// What Fabric relies on at the seam of the Kubernetes API, of its clients and of servers: a real kube-apiserver and those that
/// stand in for one are held to the same answers.
/// </summary>
/// <remarks>
/// Each test has a namespace of its own, so that a server may serve many of them. Where kube-apiserver 1.26 answers otherwise than
/// its documentation says, the test says so.
/// </remarks>
public abstract partial class KubernetesApiContract : IAsyncLifetime
{
    // Against a watch that stays silent; no test takes that long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Null where a skipped test never opened it.
    private IKubernetesApi? _api;

    protected IKubernetesApi Api => _api!;

    /// <summary>This test's own, and the beginning of the names of what has no namespace.</summary>
    protected string Namespace { get; } = $"fab-t-{Guid.NewGuid():N}"[..20];

    /// <summary>A server with <see cref="WidgetObject.Definition"/> and the usual namespaces. Skips where it cannot be had.</summary>
    protected abstract ValueTask<IKubernetesApi> OpenAsync();

    /// <summary>Lets the server forget all versions but the newest, as the compaction of its storage does.</summary>
    protected abstract Task CompactAsync();

    /// <summary>Why the test of bookmarks is skipped: a real server takes a minute, and nothing hurries it.</summary>
    protected virtual string? BookmarksTakeLong => null;

    /// <summary>Lets the server send its bookmarks now, to watches that have begun.</summary>
    protected virtual Task ProvokeBookmarksAsync() => Task.CompletedTask;

    public virtual async Task InitializeAsync()
    {
        _api = await OpenAsync();
        await Api.CreateAsync(NamespaceObject.Resource, new NamespaceObject(new ObjectMeta(Namespace)), default);
    }

    public virtual Task DisposeAsync() => Task.CompletedTask;

    [SkippableFact]
    public async Task What_is_created_is_named_numbered_and_dated_by_the_server()
    {
        var given = new ObjectMeta("a", Namespace, Uid: "mine", Generation: 7, CreationTimestamp: DateTimeOffset.UnixEpoch);
        var made = await Api.CreateAsync(WidgetObject.Resource, new WidgetObject(given, new WidgetSpec(3)), default);
        Assert.NotEqual("mine", made.Metadata.Uid);
        Assert.Equal(1, made.Metadata.Generation);
        Assert.NotEqual(DateTimeOffset.UnixEpoch, made.Metadata.CreationTimestamp);
        Assert.Equal(0, made.Metadata.CreationTimestamp!.Value.Ticks % TimeSpan.TicksPerSecond);
        Assert.NotNull(made.Metadata.ResourceVersion);
        var read = await Api.GetAsync(WidgetObject.Resource, Namespace, "a", default);
        Assert.Equal((made.Metadata.Uid, made.Metadata.ResourceVersion), (read.Metadata.Uid, read.Metadata.ResourceVersion));
        Assert.Equal(3, read.Spec!.Size);
    }

    [SkippableFact]
    public async Task A_second_creation_of_the_same_name_finds_that_it_exists()
    {
        await Widget("a");
        await Fails(ApiFault.AlreadyExists, () => Widget("a", 4));
        Assert.Equal(3, (await Get("a")).Spec!.Size);
    }

    [SkippableFact]
    public async Task A_creation_that_says_a_version_is_refused()
    {
        // kube-apiserver calls it an internal error (500), which clients cannot tell from others.
        await Assert.ThrowsAsync<KubernetesException>(() => Api.CreateAsync(
            WidgetObject.Resource, new WidgetObject(new ObjectMeta("a", Namespace, ResourceVersion: "1"), new WidgetSpec(3)), default));
        await Fails(ApiFault.NotFound, () => Get("a"));
    }

    [SkippableFact]
    public async Task Nothing_is_created_in_a_namespace_that_is_not_there()
    {
        var lost = new WidgetObject(new ObjectMeta("a", Namespace + "-not"), new WidgetSpec(3));
        var failure = await Fails(ApiFault.NotFound, () => Api.CreateAsync(WidgetObject.Resource, lost, default));
        Assert.True(failure.IsSurelyUndone);
        Assert.Empty((await Api.ListAsync(WidgetObject.Resource, new ObjectQuery(Namespace + "-not"), 0, null, null, default)).Items);
    }

    [SkippableFact]
    public async Task A_kind_that_is_not_installed_is_not_found()
    {
        var unknown = WidgetObject.Resource with { Plural = "gadgets" };
        await Fails(ApiFault.NotFound, () => Api.GetAsync(unknown, Namespace, "a", default));
        await Fails(ApiFault.NotFound, () => Api.ListAsync(unknown, ObjectQuery.All, 0, null, null, default));
    }

    [SkippableTheory]
    [InlineData("Upper")]
    [InlineData("under_score")]
    [InlineData("-dash")]
    public async Task A_name_that_is_no_DNS_subdomain_is_invalid(string name) => await Fails(ApiFault.Invalid, () => Widget(name));

    [SkippableFact]
    public async Task A_replacement_at_an_old_version_is_a_conflict_and_changes_nothing()
    {
        var first = await Widget("a");
        var second = await Put(first with { Spec = new WidgetSpec(4) });
        var failure = await Fails(ApiFault.Conflict, () => Put(first with { Spec = new WidgetSpec(5) }));
        Assert.True(failure.IsSurelyUndone);
        var now = await Get("a");
        Assert.Equal((second.Metadata.ResourceVersion, 4), (now.Metadata.ResourceVersion, now.Spec!.Size));
    }

    [SkippableFact]
    public async Task A_replacement_without_a_version_is_invalid_for_custom_kinds_and_leases_and_done_for_config_maps()
    {
        var widget = await Widget("a");
        await Fails(ApiFault.Invalid, () => Put(widget with { Metadata = new ObjectMeta("a", Namespace) }));
        var lease = await Lease("a", "me");
        await Fails(ApiFault.Invalid, () => Api.ReplaceAsync(
            LeaseObject.Resource, lease with { Metadata = new ObjectMeta("a", Namespace) }, null, default));
        await ConfigMap("a", "1");
        var changed = await Api.ReplaceAsync(ConfigMapObject.Resource, MapOf(new ObjectMeta("a", Namespace), "2"), null, default);
        Assert.Equal("2", changed.Data!["value"]);
    }

    [SkippableFact]
    public async Task A_replacement_of_what_was_deleted_does_not_bring_it_back()
    {
        // With a uid it is a conflict also while nothing is there.
        var widget = await Widget("a");
        await Api.DeleteAsync(WidgetObject.Resource, Namespace, "a", null, default);
        await Fails(ApiFault.Conflict, () => Put(widget));
        await Fails(ApiFault.NotFound, () => Put(widget with { Metadata = widget.Metadata with { Uid = null } }));
        var another = await Widget("a", 9);
        await Fails(ApiFault.Conflict, () => Put(widget));
        var mixed = widget.Metadata with { ResourceVersion = another.Metadata.ResourceVersion };
        await Fails(ApiFault.Conflict, () => Put(widget with { Metadata = mixed }));
        Assert.Equal(9, (await Get("a")).Spec!.Size);
    }

    [SkippableFact]
    public async Task A_replacement_of_a_lease_that_was_deleted_brings_it_back_unless_it_names_its_uid()
    {
        // Leases are created by a PUT, and the version that it names does not count then: only the uid is a fence.
        var lease = await Lease("a", "me");
        await Api.DeleteAsync(LeaseObject.Resource, Namespace, "a", null, default);
        await Fails(ApiFault.Conflict, () => Api.ReplaceAsync(LeaseObject.Resource, lease, null, default));
        await Fails(ApiFault.NotFound, () => Api.GetAsync(LeaseObject.Resource, Namespace, "a", default));
        var unnamed = lease with { Metadata = lease.Metadata with { Uid = null } };
        var again = await Api.ReplaceAsync(LeaseObject.Resource, unnamed, null, default);
        Assert.NotEqual(lease.Metadata.Uid, again.Metadata.Uid);
    }

    [SkippableFact]
    public async Task A_write_that_changes_nothing_leaves_the_version_as_it_is()
    {
        var widget = await Widget("a");
        Assert.Equal(widget.Metadata.ResourceVersion, (await Put(widget)).Metadata.ResourceVersion);
        Assert.Equal(widget.Metadata.ResourceVersion, (await Merge("a", """{"spec":{"size":3}}""")).Metadata.ResourceVersion);
        var other = await Merge("a", """{"spec":{"size":4}}""");
        Assert.NotEqual(widget.Metadata.ResourceVersion, other.Metadata.ResourceVersion);
    }

    [SkippableFact]
    public async Task The_generation_rises_with_the_spec_alone()
    {
        var widget = await Widget("a");
        var labelled = await Put(widget with { Metadata = widget.Metadata with { Labels = Labels("x", "y") } });
        Assert.Equal(1, labelled.Metadata.Generation);
        var judged = await Api.ReplaceAsync(WidgetObject.Resource, labelled with { Status = new WidgetStatus("good") }, "status", default);
        Assert.Equal(1, judged.Metadata.Generation);
        Assert.Equal(2, (await Put(judged with { Spec = new WidgetSpec(4) })).Metadata.Generation);
    }

    [SkippableFact]
    public async Task The_status_and_the_rest_are_written_apart()
    {
        var made = await Api.CreateAsync(WidgetObject.Resource, Sample("a") with { Status = new WidgetStatus("early") }, default);
        Assert.Null(made.Status);
        var judged = await Api.ReplaceAsync(
            WidgetObject.Resource, made with { Spec = new WidgetSpec(9), Status = new WidgetStatus("good") }, "status", default);
        Assert.Equal((3, "good"), (judged.Spec!.Size, judged.Status!.Phase));
        var changed = await Put(judged with { Spec = new WidgetSpec(4), Status = new WidgetStatus("bad") });
        Assert.Equal((4, "good"), (changed.Spec!.Size, changed.Status!.Phase));
        await Fails(ApiFault.Conflict, () => Api.ReplaceAsync(WidgetObject.Resource, judged, "status", default));
    }

    [SkippableFact]
    public async Task A_deletion_happens_only_if_its_preconditions_hold_and_is_done_when_nothing_is_there()
    {
        var widget = await Widget("a");
        await Fails(ApiFault.Conflict, () => Delete(new DeletePreconditions(Uid: "another")));
        await Put(widget with { Spec = new WidgetSpec(4) });
        await Fails(ApiFault.Conflict, () => Delete(new DeletePreconditions(ResourceVersion: widget.Metadata.ResourceVersion)));
        await Delete(new DeletePreconditions(Uid: widget.Metadata.Uid));
        await Fails(ApiFault.NotFound, () => Get("a"));
        await Delete(null);
        await Delete(new DeletePreconditions(Uid: widget.Metadata.Uid));

        Task Delete(DeletePreconditions? preconditions) => Api.DeleteAsync(WidgetObject.Resource, Namespace, "a", preconditions, default);
    }

    [SkippableFact]
    public async Task An_object_with_a_finalizer_is_gone_only_without_it()
    {
        var held = await Api.CreateAsync(WidgetObject.Resource,
            Sample("a") with { Metadata = new ObjectMeta("a", Namespace, Finalizers: ["test.fabric.cni.dev/held"]) }, default);
        await Api.DeleteAsync(WidgetObject.Resource, Namespace, "a", null, default);
        var leaving = await Get("a");
        Assert.NotNull(leaving.Metadata.DeletionTimestamp);
        Assert.Equal(held.Metadata.Uid, leaving.Metadata.Uid);
        await Fails(ApiFault.AlreadyExists, () => Widget("a"));
        await Fails(ApiFault.Invalid, () => Merge("a", """
            {"metadata":{"finalizers":["test.fabric.cni.dev/held","test.fabric.cni.dev/more"]}}
            """));
        await Merge("a", """{"metadata":{"finalizers":null}}""");
        await Fails(ApiFault.NotFound, () => Get("a"));
    }

    [SkippableFact]
    public async Task An_object_larger_than_the_storage_takes_is_refused()
    {
        // etcd refuses it, which kube-apiserver passes on as an internal error (500); only from 3 MiB on it says TooLarge.
        var failure = await Assert.ThrowsAsync<KubernetesException>(
            () => Api.CreateAsync(WidgetObject.Resource, Large(1_600_000), default));
        Assert.Contains(failure.Fault, new[] { ApiFault.TooLarge, ApiFault.Internal });
        await Fails(ApiFault.NotFound, () => Get("a"));
        await Api.CreateAsync(WidgetObject.Resource, Large(1_400_000), default);

        WidgetObject Large(int bytes) => Sample("a") with { Spec = new WidgetSpec(3, Text: new string('x', bytes)) };
    }

    protected Task<WidgetObject> Widget(string name, int size = 3, ImmutableSortedDictionary<string, string>? labels = null)
    {
        var made = new WidgetObject(new ObjectMeta(name, Namespace, Labels: labels), new WidgetSpec(size));
        return Api.CreateAsync(WidgetObject.Resource, made, default);
    }

    protected Task<ConfigMapObject> ConfigMap(string name, string value) =>
        Api.CreateAsync(ConfigMapObject.Resource, MapOf(new ObjectMeta(name, Namespace), value), default);

    protected Task<LeaseObject> Lease(string name, string holder) => Api.CreateAsync(
        LeaseObject.Resource, new LeaseObject(new ObjectMeta(name, Namespace), new LeaseSpec(holder, 15, LeaseTransitions: 0)), default);

    protected WidgetObject Sample(string name) => new(new ObjectMeta(name, Namespace), new WidgetSpec(3));

    protected Task<WidgetObject> Get(string name) => Api.GetAsync(WidgetObject.Resource, Namespace, name, default);

    protected Task<WidgetObject> Put(WidgetObject widget) => Api.ReplaceAsync(WidgetObject.Resource, widget, null, default);

    protected Task<WidgetObject> Merge(string name, string json, string? subresource = null) =>
        Api.PatchAsync(WidgetObject.Resource, Namespace, name, new ApiPatch.Merge(Encoding.UTF8.GetBytes(json)), subresource, default);

    protected static ConfigMapObject MapOf(ObjectMeta metadata, string value) => new(metadata, Labels("value", value));

    protected static ImmutableSortedDictionary<string, string> Labels(string key, string value) =>
        ImmutableSortedDictionary<string, string>.Empty.Add(key, value);

    protected static async Task<KubernetesException> Fails(ApiFault fault, Func<Task> request)
    {
        var failure = await Assert.ThrowsAsync<KubernetesException>(request);
        Assert.True(failure.Fault == fault, $"{failure.Fault} instead of {fault}: {failure.Message}");
        return failure;
    }
}
