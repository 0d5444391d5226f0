using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

/// <summary>A real container runtime calls the CNI binary: containerd and runc, asked by CRI as the kubelet asks them.</summary>
public sealed class ContainerdTests(ContainerdLab lab) : IClassFixture<ContainerdLab>
{
    private static int _pods;

    [SkippableFact]
    public Task A_sandbox_gets_its_address_from_fabric_and_its_pod_is_known() => lab.TestAsync(async () =>
    {
        var pod = await RunAsync(lab.First);
        try
        {
            Assert.True(pod.IsReady);
            Assert.StartsWith("10.244.", Assert.Single(pod.Addresses), StringComparison.Ordinal);
            Assert.Contains($"inet {pod.Addresses[0]}/", pod.Network!.Ip("address", "show", "dev", "eth0"), StringComparison.Ordinal);
            await Leaks.MustBeExactlyAsync(lab.First, [pod]);
            var requested = (await lab.First.EventsAsync()).Select(e => e.Event).OfType<PortEvent.AttachmentRequested>()
                .Last(e => e.Attachment.ToString() == $"{pod.Id}/eth0");
            Assert.Equal((pod.Namespace, pod.Name, pod.Uid), (requested.Pod!.Namespace, requested.Pod.Name, requested.Pod.Uid));
        }
        finally
        {
            await RemoveAsync(lab.First, pod.Id);
        }
    });

    [SkippableFact]
    public Task Sandboxes_of_two_nodes_reach_each_other() => lab.TestAsync(async () =>
    {
        var (here, there) = (await RunAsync(lab.First), await RunAsync(lab.Second));
        try
        {
            LabWait.Until(() => LabNode.Pings(here.Network!, System.Net.IPAddress.Parse(there.Addresses[0])), "the other node's sandbox answers");
            using var server = LabTraffic.Serve(there.Network!, 8080, "there");
            Assert.Equal($"there {here.Addresses[0]}", await LabTraffic.AskAsync(here.Network!, there.Addresses[0], 8080));
            Assert.StartsWith("there ", await LabTraffic.AskAsync(lab.Second.Namespace, there.Addresses[0], 8080), StringComparison.Ordinal);
        }
        finally
        {
            await RemoveAsync(lab.First, here.Id);
            await RemoveAsync(lab.Second, there.Id);
        }
    });

    /// <summary>Another plugin translates on the host, after Fabric in the list, as kube-proxy does for a NodePort.</summary>
    [SkippableFact]
    public Task A_host_port_is_reached_from_outside_from_pods_and_from_the_node() => lab.TestAsync(async () =>
    {
        ServiceLab.MakeOutside(lab.Underlay);
        var (pod, client) = (await RunAsync(lab.First, (18080, 8080)), await RunAsync(lab.First));
        try
        {
            using var server = LabTraffic.Serve(pod.Network!, 8080, "pod");
            Task<string?> AskAsync(LabNamespace from) => LabTraffic.AskAsync(from, lab.First.Lab.Address.ToString(), 18080);
            Assert.Equal($"pod {ServiceLab.Outside}", await AskAsync(lab.Underlay.Namespace));
            // That plugin masquerades what comes from the pod's own subnet.
            var gateway = pod.Addresses[0][..pod.Addresses[0].LastIndexOf('.')] + ".1";
            Assert.Equal($"pod {gateway}", await AskAsync(client.Network!));
            Assert.Equal($"pod {gateway}", await AskAsync(pod.Network!));
            Assert.StartsWith("pod ", await AskAsync(lab.First.Namespace), StringComparison.Ordinal);
        }
        finally
        {
            await RemoveAsync(lab.First, pod.Id);
            await RemoveAsync(lab.First, client.Id);
        }
        Assert.DoesNotContain("18080", lab.First.Namespace.Run("nft", "list", "ruleset"), StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task The_network_is_ready_while_fabrics_configuration_is_there() => lab.TestAsync(async () =>
    {
        await NetworkBecomesAsync(lab.First, isReady: true);
        File.Delete(ContainerdLab.ConfListOf(lab.First));
        try
        {
            await NetworkBecomesAsync(lab.First, isReady: false);
            await Assert.ThrowsAsync<LabException>(() => RunAsync(lab.First));
        }
        finally
        {
            ContainerdLab.WriteConfList(lab.First);
        }
        await NetworkBecomesAsync(lab.First, isReady: true);
        await NothingIsLeftAsync(lab.First);
    });

    [SkippableFact]
    public Task The_network_is_not_ready_while_status_says_that_no_pod_can_be_attached() => lab.TestAsync(async () =>
    {
        var version = await lab.Of(lab.First).VersionAsync();
        Skip.If(version.StartsWith("1.", StringComparison.Ordinal), $"containerd {version} never calls STATUS; 2.0 and later do");
        ContainerdLab.WriteConfList(lab.First, "1.1.0");
        lab.First.Ovs.StopVswitchd();
        try
        {
            await NetworkBecomesAsync(lab.First, isReady: false);
        }
        finally
        {
            lab.First.Ovs.StartVswitchd();
            ContainerdLab.WriteConfList(lab.First);
        }
        await NetworkBecomesAsync(lab.First, isReady: true);
    });

    [SkippableFact]
    public Task A_sandbox_that_cannot_be_attached_fails_with_fabrics_reason() => lab.TestAsync(async () =>
    {
        lab.First.Ovs.StopVswitchd();
        try
        {
            await LabWait.UntilAsync(async () => (await lab.First.Call("STATUS").RunAsync()).Code != 0, "the agent has noticed");
            var failure = await Assert.ThrowsAsync<LabException>(() => RunAsync(lab.First));
            Assert.Contains("Open vSwitch", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            lab.First.Ovs.StartVswitchd();
            await lab.First.WaitUntilReadyAsync();
        }
        await NothingIsLeftAsync(lab.First);
    });

    [SkippableFact]
    public Task Stopped_and_removed_twice_a_sandbox_leaves_the_node_as_it_was() => lab.TestAsync(async () =>
    {
        await NothingIsLeftAsync(lab.First);
        var before = Picture(lab.First);
        var runtime = lab.Of(lab.First);
        var pod = await RunAsync(lab.First);
        Assert.NotEqual(before, Picture(lab.First));
        for (var i = 0; i < 2; i++)
            await runtime.StopPodAsync(pod.Id);
        Assert.False((await runtime.PodAsync(pod.Id)).IsReady);
        for (var i = 0; i < 2; i++)
            await runtime.RemovePodAsync(pod.Id);
        await NothingIsLeftAsync(lab.First);
        Assert.Equal(before, Picture(lab.First));
    });

    [SkippableFact]
    public Task A_sandbox_outlives_its_runtime_and_its_agent_and_is_removed_after_them() => lab.TestAsync(async () =>
    {
        var runtime = lab.Of(lab.First);
        var (pod, other) = (await RunAsync(lab.First), await RunAsync(lab.First));
        runtime.Kill();
        lab.First.Agent!.Kill();
        Assert.True(LabNode.Pings(pod.Network!, System.Net.IPAddress.Parse(other.Addresses[0])));
        runtime.Start();
        await lab.First.StartAsync();
        var again = await runtime.PodAsync(pod.Id);
        Assert.True(again.IsReady);
        Assert.Equal(pod.Addresses, again.Addresses);
        await RemoveAsync(lab.First, pod.Id);
        await RemoveAsync(lab.First, other.Id);
        await NothingIsLeftAsync(lab.First);
    });

    [SkippableFact]
    public Task Killed_while_sandboxes_are_made_the_agent_leaks_none_and_all_come_up() => lab.TestAsync(async () =>
    {
        const int Pods = 4, Rounds = 3;
        for (var round = 0; round < Rounds; round++)
        {
            var coming = Enumerable.Range(0, Pods).Select(_ => RunUntilItSucceedsAsync(lab.First)).ToArray();
            // Some are being attached then, spread over the rounds.
            var attached = 1 + round;
            await LabWait.UntilAsync(async () => (await lab.First.StateAsync()).Ports.Count >= attached, "sandboxes are being attached");
            await lab.First.CrashAndRestartAsync();
            var pods = await Task.WhenAll(coming);
            await RemoveFailedAsync(lab.First);
            await Leaks.MustBeExactlyAsync(lab.First, pods);
            Assert.Equal(pods.Select(p => p.Id).Order(), (await lab.Of(lab.First).PodsAsync()).Order());
            Assert.Equal(Pods, lab.Of(lab.First).Shims.Count);
            foreach (var pod in pods)
                await RemoveAsync(lab.First, pod.Id);
            await NothingIsLeftAsync(lab.First);
        }
    });

    [SkippableFact]
    public Task Nothing_is_left_of_a_runtime_that_is_disposed_with_running_sandboxes() => lab.TestAsync(async () =>
    {
        var cni = Directory.CreateDirectory(Path.Combine(lab.Second.Ovs.Folder, "cni-none")).FullName;
        var runtime = LabContainerd.Start(lab.Second.Lab, cni, cni);
        await runtime.RunPodAsync("default", "left", "left", hostNetwork: true);
        var folder = runtime.Folder;
        Assert.Single(runtime.Shims);
        Assert.NotEmpty(runtime.Mounts);
        runtime.Dispose();
        Assert.Empty(runtime.Shims);
        Assert.False(Directory.Exists(folder));
        Assert.DoesNotContain(folder, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        // The kernel keeps a cgroup that has a process: none of the sandbox's is left either.
        Assert.DoesNotContain(Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"),
            cgroup => Directory.Exists(Path.Combine(cgroup, Path.GetFileName(folder))));
    });

    private Task<LabSandbox> RunAsync(EndToEndNode node, params IReadOnlyList<(int HostPort, int Port)> hostPorts)
    {
        var name = $"pod{Interlocked.Increment(ref _pods)}";
        return lab.Of(node).RunPodAsync("default", name, "uid-" + name, hostPorts: hostPorts);
    }

    /// <summary>As the kubelet does: what failed is stopped and removed, and another sandbox is tried.</summary>
    private async Task<LabSandbox> RunUntilItSucceedsAsync(EndToEndNode node)
    {
        LabSandbox? made = null;
        await LabWait.UntilAsync(async () =>
        {
            try
            {
                made = await RunAsync(node);
                return true;
            }
            catch (LabException e) when (e.Message.Contains("try again later", StringComparison.Ordinal))
            {
                // The agent was not there, or ended in the middle.
                return false;
            }
        }, "a sandbox comes up", TimeSpan.FromSeconds(60));
        return made!;
    }

    /// <summary>The sandboxes that containerd keeps because it could not detach them at the time.</summary>
    private async Task RemoveFailedAsync(EndToEndNode node)
    {
        foreach (var id in await lab.Of(node).PodsAsync())
        {
            if (!(await lab.Of(node).PodAsync(id)).IsReady)
                await RemoveAsync(node, id);
        }
    }

    private async Task RemoveAsync(EndToEndNode node, string id)
    {
        await lab.Of(node).StopPodAsync(id);
        await lab.Of(node).RemovePodAsync(id);
    }

    private async Task NothingIsLeftAsync(EndToEndNode node)
    {
        await RemoveFailedAsync(node);
        await Leaks.MustBeExactlyAsync(node, (IReadOnlyList<LabSandbox>)[]);
        Assert.Empty(await lab.Of(node).PodsAsync());
        LabWait.Until(() => lab.Of(node).Shims.Count == 0, "no shim is left");
        Assert.Empty(lab.Of(node).Mounts);
    }

    private Task NetworkBecomesAsync(EndToEndNode node, bool isReady) => LabWait.UntilAsync(
        async () => (await lab.Of(node).NetworkAsync()).IsReady == isReady, $"NetworkReady is {isReady}");

    /// <summary>All of the node that a pod could have changed.</summary>
    private static string Picture(EndToEndNode node) => string.Join('\n',
    [
        .. node.Flows(), .. node.BridgePorts(), node.Namespace.Ip("-brief", "address", "show"), node.Namespace.Ip("route", "show", "table", "all"),
        node.Namespace.Run("nft", "list", "ruleset"), node.Namespace.Run("ip", "neighbour", "show", "dev", EndToEndNode.Gateway, "nud", "permanent"),
    ]);
}
