using System.Runtime.CompilerServices;
using Fabric.Node;

namespace Fabric.Contracts;

/// <summary>What the node relies on in a kernel, real or simulated.</summary>
public abstract class KernelContract
{
    private static readonly PodLinkRequest s_first = KernelBench.Request(1);
    private static readonly PodLinkRequest s_second = KernelBench.Request(2);

    /// <summary>Runs a test against a kernel; the simulated one runs it for many seeds.</summary>
    protected abstract Task RunOnKernelAsync(Func<KernelBench, Task> test, string name);

    private Task RunAsync(Func<KernelBench, Task> test, [CallerMemberName] string name = "") => RunOnKernelAsync(test, name);

    [SkippableFact]
    public Task An_attached_pod_has_what_was_asked_for() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        var made = await AttachAsync(bench, s_first, pod);

        Assert.Equal((s_first.Mac, s_first.MtuBytes), (made.Mac, made.MtuBytes));
        Assert.NotEqual(default, made.HostMac);
        Assert.True(made is { HostIfIndex: > 0, PodIfIndex: > 0 });
        var seen = await InspectAsync(bench, s_first, pod);
        Assert.NotNull(seen);
        Assert.Equal((s_first.Mac, s_first.MtuBytes, true), (seen.Mac, seen.MtuBytes, seen.IsUp));
        Assert.Equal(AddressesOf(s_first), KernelBench.AddressesOf(seen));
        Assert.All(s_first.Routes, route => Assert.Contains(route, seen.Routes));
        Assert.Equal([new HostLink(s_first.HostInterface, s_first.Attachment, made.HostIfIndex)], await ListAsync(bench));
    });

    [SkippableFact]
    public Task Attaching_again_takes_over_what_is_there_and_answers_the_same() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        var made = await AttachAsync(bench, s_first, pod);

        Assert.Equal(made, await AttachAsync(bench, s_first, pod));
        Assert.Single(await ListAsync(bench));
    });

    [SkippableFact]
    public Task Attaching_again_with_other_addresses_leaves_only_these() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        await AttachAsync(bench, s_first, pod);
        var changed = s_first with { Addresses = s_second.Addresses };

        await AttachAsync(bench, changed, pod);

        Assert.Equal(AddressesOf(changed), KernelBench.AddressesOf((await InspectAsync(bench, changed, pod))!));
    });

    [SkippableFact]
    public Task A_pair_of_the_attachment_in_another_namespace_is_replaced() => RunAsync(async bench =>
    {
        using var before = bench.NewSandbox();
        using var pod = bench.NewSandbox();
        await AttachAsync(bench, s_first, before);

        await AttachAsync(bench, s_first, pod);

        Assert.Null(await InspectAsync(bench, s_first, before));
        Assert.NotNull(await InspectAsync(bench, s_first, pod));
        Assert.Single(await ListAsync(bench));
    });

    [SkippableFact]
    public Task A_stranger_s_link_of_the_host_s_name_is_never_adopted_and_never_deleted() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        bench.AddForeignLink(s_first.HostInterface.Value);

        var refused = await Assert.ThrowsAsync<KernelException>(() => AttachAsync(bench, s_first, pod));
        await DetachAsync(bench, s_first, pod);
        await DetachAsync(bench, s_first, null);

        Assert.Equal(("kernel", false), (refused.Code, refused.IsTransient));
        Assert.Contains(s_first.HostInterface.Value, refused.Message, StringComparison.Ordinal);
        Assert.True(bench.HasLink(s_first.HostInterface.Value));
        Assert.False(bench.HasInterface(pod, "eth0"));
        Assert.Empty(await ListAsync(bench));
    });

    [SkippableFact]
    public Task A_link_with_another_attachment_s_alias_is_never_adopted_and_never_deleted() => RunAsync(async bench =>
    {
        using var other = bench.NewSandbox();
        using var pod = bench.NewSandbox();
        await AttachAsync(bench, s_second, other);
        var clashing = s_first with { HostInterface = s_second.HostInterface };

        var refused = await Assert.ThrowsAsync<KernelException>(() => AttachAsync(bench, clashing, pod));
        await DetachAsync(bench, clashing, other);
        await DetachAsync(bench, clashing, null);

        Assert.Equal(("kernel", false), (refused.Code, refused.IsTransient));
        Assert.NotNull(await InspectAsync(bench, s_second, other));
        Assert.Equal(s_second.Attachment, Assert.Single(await ListAsync(bench)).Attachment);
    });

    [SkippableFact]
    public Task An_interface_of_the_pod_that_is_somebody_else_s_is_refused_by_name_and_nothing_is_left() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        bench.AddForeignInterface(pod, "eth0");

        var refused = await Assert.ThrowsAsync<KernelException>(() => AttachAsync(bench, s_first, pod));
        await DetachAsync(bench, s_first, pod);

        Assert.Equal(("interface-exists", false), (refused.Code, refused.IsTransient));
        Assert.True(bench.HasInterface(pod, "eth0"));
        Assert.False(bench.HasLink(s_first.HostInterface.Value));
        Assert.Empty(await ListAsync(bench));
    });

    [SkippableFact]
    public Task Two_attachments_can_t_have_one_interface_and_DEL_of_one_spares_the_other() => RunAsync(async bench =>
    {
        using var shared = bench.NewSandbox();
        await AttachAsync(bench, s_first, shared);

        var refused = await Assert.ThrowsAsync<KernelException>(() => AttachAsync(bench, s_second, shared));
        await DetachAsync(bench, s_second, shared);

        Assert.Equal("interface-exists", refused.Code);
        Assert.Equal(AddressesOf(s_first), KernelBench.AddressesOf((await InspectAsync(bench, s_first, shared))!));
    });

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task After_detaching_both_names_are_free_at_once_and_the_pair_goes(bool bringsNamespace) => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        await AttachAsync(bench, s_first, pod);

        await DetachAsync(bench, s_first, bringsNamespace ? pod : null);

        Assert.Empty(await ListAsync(bench));
        Assert.False(bench.HasLink(s_first.HostInterface.Value));
        Assert.Null(await InspectAsync(bench, s_first, pod));
        var again = s_second with { HostInterface = s_first.HostInterface };
        await AttachAsync(bench, again, pod);
        Assert.Equal(AddressesOf(again), KernelBench.AddressesOf((await InspectAsync(bench, again, pod))!));
    });

    [SkippableFact]
    public Task Detaching_what_is_not_there_is_a_success() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();

        await DetachAsync(bench, s_first, pod);
        await DetachAsync(bench, s_first, null);

        await AttachAsync(bench, s_first, pod);
        await DetachAsync(bench, s_first, pod);
        await DetachAsync(bench, s_first, pod);
        await DetachAsync(bench, s_first, null);
        Assert.Empty(await ListAsync(bench));
    });

    [SkippableFact]
    public Task A_pair_that_a_crash_left_unnamed_is_nobody_s_is_replaced_and_is_removed() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        using var other = bench.NewSandbox();
        bench.AddUnnamedPair(s_first, pod);
        bench.AddUnnamedPair(s_second, other);
        Assert.Empty(await ListAsync(bench));

        await AttachAsync(bench, s_first, pod);
        await DetachAsync(bench, s_second, null);

        Assert.Equal(s_first.Attachment, Assert.Single(await ListAsync(bench)).Attachment);
        Assert.False(bench.HasLink(s_second.HostInterface.Value));
        Assert.False(bench.HasInterface(other, "eth0"));
    });

    [SkippableFact]
    public Task A_pair_that_somebody_deleted_is_seen_as_gone_and_is_made_anew() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        var made = await AttachAsync(bench, s_first, pod);
        bench.DeleteLink(s_first.HostInterface.Value);

        Assert.Null(await InspectAsync(bench, s_first, pod));
        Assert.Empty(await ListAsync(bench));
        await Assert.ThrowsAsync<KernelException>(() => AnnounceAsync(bench, s_first, pod));
        Assert.NotEqual(made.HostIfIndex, (await AttachAsync(bench, s_first, pod)).HostIfIndex);
    });

    [SkippableFact]
    public Task A_namespace_lives_as_long_as_somebody_holds_it_and_takes_its_pairs_along() => RunAsync(async bench =>
    {
        var pod = bench.NewSandbox();
        using (pod.Share())
        {
            bench.RemovePath(pod);
            await AttachAsync(bench, s_first, pod);
            pod.Dispose();
            Assert.NotNull(await InspectAsync(bench, s_first, pod));
        }
        await bench.EventuallyAsync(() => !bench.HasLink(s_first.HostInterface.Value), "the pair has gone with its namespace");
        await DetachAsync(bench, s_first, null);
        Assert.Empty(await ListAsync(bench));
    });

    [SkippableFact]
    public Task Announcing_can_be_repeated_and_needs_the_interface() => RunAsync(async bench =>
    {
        using var pod = bench.NewSandbox();
        await Assert.ThrowsAsync<KernelException>(() => AnnounceAsync(bench, s_first, pod));
        await AttachAsync(bench, s_first, pod);

        await AnnounceAsync(bench, s_first, pod);
        await AnnounceAsync(bench, s_first, pod);
    });

    [SkippableFact]
    public Task Only_named_links_of_Fabric_are_listed() => RunAsync(async bench =>
    {
        using var one = bench.NewSandbox();
        using var two = bench.NewSandbox();
        bench.AddForeignLink("fabtother");
        await AttachAsync(bench, s_first, one);
        await AttachAsync(bench, s_second, two);

        Assert.Equal(
            [(s_first.HostInterface, s_first.Attachment), (s_second.HostInterface, s_second.Attachment)],
            (await ListAsync(bench)).Select(l => (l.Name, l.Attachment)));
    });

    private static IEnumerable<string> AddressesOf(PodLinkRequest request) =>
        request.Addresses.Select(a => a.ToString()).Order(StringComparer.Ordinal);

    private static Task<PodLinkMade> AttachAsync(KernelBench bench, PodLinkRequest request, Sandbox pod) =>
        bench.Kernel.AttachAsync(request, pod, CancellationToken.None);

    private static Task AnnounceAsync(KernelBench bench, PodLinkRequest request, Sandbox pod) =>
        bench.Kernel.AnnounceAsync(request, pod, CancellationToken.None);

    private static Task DetachAsync(KernelBench bench, PodLinkRequest request, Sandbox? pod) =>
        bench.Kernel.DetachAsync(request.Attachment, request.HostInterface, pod, CancellationToken.None);

    private static Task<PodLinkSeen?> InspectAsync(KernelBench bench, PodLinkRequest request, Sandbox pod) =>
        bench.Kernel.InspectAsync(request.Attachment, pod, CancellationToken.None);

    private static async Task<IEnumerable<HostLink>> ListAsync(KernelBench bench) =>
        (await bench.Kernel.ListAsync(CancellationToken.None)).OrderBy(l => l.Name.Value, StringComparer.Ordinal);
}
