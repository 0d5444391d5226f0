using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

/// <summary>Virtual networks whose subnets are the same, on two nodes.</summary>
public sealed class VirtualNetworkTests(VirtualNetworkTests.NetworkLab lab) : IClassFixture<VirtualNetworkTests.NetworkLab>
{
    private static readonly TimeSpan LeavesWithin = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public Task Pods_with_equal_addresses_in_two_networks_reach_only_their_own_network() => lab.TestAsync(async () =>
    {
        await CreateAsync("blue", "10.9.0.0/24");
        await CreateAsync("red", "10.9.0.0/24");
        using var ordinary = await lab.First.AddPodAsync();
        using var blue = await lab.First.AddPodAsync("blue");
        using var blueThere = await lab.Second.AddPodAsync("blue");
        using var red = await lab.First.AddPodAsync("red");
        using var redThere = await lab.Second.AddPodAsync("red");
        using var redAlone = await lab.Second.AddPodAsync("red");
        Assert.Equal((blue.Address, blueThere.Address), (red.Address, redThere.Address));
        Assert.NotEqual(blue.Address, blueThere.Address);
        await WaitForTunnelsAsync(2);

        Assert.True(blue.Pings(blueThere.Address), "the first packet in blue passes");
        Assert.True(redThere.Pings(red.Address), "the first packet in red passes");
        using var blueServer = LabTraffic.Serve(blueThere.Namespace, 8080, "blue");
        using var redServer = LabTraffic.Serve(redThere.Namespace, 8080, "red");
        Assert.Equal($"blue {blue.Address}", await LabTraffic.AskAsync(blue.Namespace, blueThere.Address, 8080));
        Assert.Equal($"red {red.Address}", await LabTraffic.AskAsync(red.Namespace, redThere.Address, 8080));

        // Packets leave the pods for each of these; the networks are what keeps them apart.
        blue.Namespace.Ip("route", "add", "default", "via", "10.9.0.1");
        ordinary.Namespace.Ip("route", "add", "10.9.0.0/24", "via", ordinary.Added!.Json["ips"]![0]!["gateway"]!.GetValue<string>());
        lab.First.Namespace.Ip("route", "add", "10.9.0.0/24", "dev", EndToEndNode.Gateway);
        Assert.False(blue.Pings(redAlone.Address), "blue does not reach what only red has");
        Assert.False(blue.Pings(ordinary.Address), "blue does not reach the default network");
        Assert.False(ordinary.Pings(blue.Address), "the default network does not reach blue");
        Assert.False(ordinary.Pings(blueThere.Address), "nor on another node");
        Assert.False(blue.Pings(lab.First.Lab.Address.ToString()), "blue does not reach the host");
        Assert.False(LabNode.Pings(lab.First.Namespace, IPAddress.Parse(blue.Address)), "the host does not reach blue");
        lab.First.Namespace.Ip("route", "del", "10.9.0.0/24", "dev", EndToEndNode.Gateway);

        Assert.True((await blue.CheckAsync()).Succeeded);
        using (var ping = RunningPing.Start(blue, blueThere.Address))
        {
            await lab.First.CrashAndRestartAsync();
            Assert.True((await red.CheckAsync()).Succeeded);
            await ping.MustHaveLostNothingAsync();
        }

        foreach (var pod in (Pod[])[blue, blueThere, red, redThere, redAlone, ordinary])
            (await pod.DelAsync()).MustSucceed();
        await MustLeaveNothingAsync("blue", "red");
    });

    [SkippableFact]
    public Task Only_nodes_with_pods_of_a_network_are_in_its_mesh_and_a_deleted_one_leaves_nothing() => lab.TestAsync(async () =>
    {
        await CreateAsync("green", "10.7.0.0/24,fd07::/64");
        using var pod = await lab.First.AddPodAsync("green");
        Assert.Equal<string>([lab.First.Lab.Name], await NodesOfAsync("green"));
        Assert.DoesNotContain(new NetworkName("green"), (await lab.Second.StateAsync()).Networks.Keys);
        var (status, text) = await NodeAdmin.OperateAsync(lab.Second, $"{AdminPaths.DeleteNetwork}?network=green");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains($"in use on node {lab.First.Lab.Name}", text, StringComparison.Ordinal);

        using var late = await lab.Second.AddPodAsync("green");
        await WaitForTunnelsAsync(1);
        Assert.True(pod.Pings(late.Address));
        Assert.True(late.Pings(pod.AddressV6));
        (await late.DelAsync()).MustSucceed();
        await LabWait.UntilAsync(async () => (await lab.First.StateAsync()).NetworkTunnels.IsEmpty, "the second node leaves the mesh", LeavesWithin);
        (await pod.DelAsync()).MustSucceed();
        await MustLeaveNothingAsync("green");
    });

    [SkippableFact]
    public Task A_static_address_outside_the_nodes_block_is_claimed_and_reached_from_other_nodes() => lab.TestAsync(async () =>
    {
        await CreateAsync("grey", "10.6.0.0/24");
        using var there = await lab.Second.AddPodAsync("grey");
        using var claimed = await lab.First.AddPodAsync("grey", "10.6.0.200");
        Assert.Equal("10.6.0.200", claimed.Address);
        await WaitForTunnelsAsync(1);
        await LabWait.UntilAsync(
            () => Task.FromResult(lab.Second.Flows().Any(f => f.Contains("nw_src=10.6.0.200", StringComparison.Ordinal))), "the claim is known");
        LabWait.Until(() => there.Pings(claimed.Address), "a claimed address is reached");
        using var second = lab.Second.NewPod("grey", "10.6.0.200");
        var refused = await second.Call("ADD").RunAsync();
        Assert.Equal(109, refused.Json["code"]!.GetValue<int>());
        Assert.Contains($"on node {lab.First.Lab.Name}", refused.Json["msg"]!.GetValue<string>(), StringComparison.Ordinal);
        (await claimed.DelAsync()).MustSucceed();
        (await there.DelAsync()).MustSucceed();
        await MustLeaveNothingAsync("grey");
    });

    [SkippableFact]
    public Task A_node_whose_journal_is_lost_keeps_its_pods_on_their_networks() => lab.TestAsync(async () =>
    {
        await CreateAsync("violet", "10.4.0.0/24");
        using var here = await lab.First.AddPodAsync("violet");
        using var there = await lab.Second.AddPodAsync("violet");
        await WaitForTunnelsAsync(1);
        Assert.True(here.Pings(there.Address));
        using (var ping = RunningPing.Start(here, there.Address))
        {
            lab.First.Agent!.Kill();
            File.Delete(lab.First.JournalPath);
            await lab.First.StartAsync();
            await lab.First.WaitForEventAsync<NetworkEvent.NetworkJoined>(e => e.Network.Value == "violet", "the network is in the new journal");
            await WaitForTunnelsAsync(1);
            await ping.MustHaveLostNothingAsync();
        }
        using var later = await lab.First.AddPodAsync("violet");
        Assert.NotEqual(here.Address, later.Address);
        Assert.True(later.Pings(there.Address));
        foreach (var pod in (Pod[])[here, there, later])
            (await pod.DelAsync()).MustSucceed();
        await MustLeaveNothingAsync("violet");
    });

    [SkippableFact]
    public Task With_the_store_unreachable_pods_attach_to_a_network_whose_block_the_node_has() => lab.TestAsync(async () =>
    {
        Skip.If(!File.Exists("/usr/bin/python3"), "python3, which locks the store, is not installed");
        await CreateAsync("orange", "10.3.0.0/24");
        await CreateAsync("brown", "10.2.0.0/24");
        var node = lab.First;
        using var before = await node.AddPodAsync("orange");
        using var there = await lab.Second.AddPodAsync("orange");
        await WaitForTunnelsAsync(1);
        node.Agent!.Kill();
        using (var locker = AgentRestartTests.LockStore(node.Options["cluster-store"]["sqlite:".Length..]))
        {
            await node.StartAsync();
            using var pod = await node.AddPodAsync("orange");
            Assert.True(pod.Pings(before.Address));
            Assert.True(pod.Pings(there.Address), "the mesh of the network is known from the journal");
            using var other = node.NewPod("brown");
            Assert.Contains("has not joined the cluster", (await other.Call("ADD").RunAsync()).MustFail(11).Message, StringComparison.Ordinal);
            (await pod.DelAsync()).MustSucceed();
            locker.StandardInput.Close();
            locker.WaitForExit();
        }
        foreach (var pod in (Pod[])[before, there])
            (await pod.DelAsync()).MustSucceed();
        await MustLeaveNothingAsync("orange", "brown");
    });

    [SkippableFact]
    public Task An_unknown_network_is_error_7_and_names_those_that_there_are() => lab.TestAsync(async () =>
    {
        await CreateAsync("white", "10.5.0.0/24");
        using var pod = lab.First.NewPod("pink");
        var run = await pod.Call("ADD").RunAsync();
        Assert.Equal(7, run.Json["code"]!.GetValue<int>());
        var message = run.Json["msg"]!.GetValue<string>();
        Assert.Contains("network = \"pink\"", message, StringComparison.Ordinal);
        Assert.Contains("white", message, StringComparison.Ordinal);
        await NodeAdmin.MustOperateAsync(lab.First, $"{AdminPaths.DeleteNetwork}?network=white");
    });

    private Task CreateAsync(string network, string subnet) =>
        NodeAdmin.MustOperateAsync(lab.First, $"{AdminPaths.CreateNetwork}?network={network}&subnet={subnet}");

    private async Task<ImmutableArray<string>> NodesOfAsync(string network)
    {
        using var client = AdminClient.Connect(lab.First.Options["admin-socket"]);
        var answer = JsonSerializer.Deserialize(await client.GetStringAsync(AdminPaths.Networks), AdminJson.Default.NetworksAnswer)!;
        return [.. answer.Networks.Where(n => n.Network.Value == network).SelectMany(n => n.Nodes).Select(n => n.Value)];
    }

    private Task WaitForTunnelsAsync(int tunnels) => LabWait.UntilAsync(
        async () =>
        {
            foreach (var node in lab.Nodes)
            {
                var state = await node.StateAsync();
                if (state.NetworkTunnels.Count != tunnels || state.NetworkTunnels.Values.Any(t => !node.Flows().Any(f =>
                        f.Contains($"tun_id=0x{state.Networks[t.Network!.Value].Vni.Value:x},", StringComparison.Ordinal)
                        && f.Contains($"src={t.PodCidrs[0]}", StringComparison.Ordinal))))
                    return false;
            }
            return true;
        },
        "the meshes are complete");

    /// <summary>Nobody is in the networks any more; they can be deleted, and no trace of them is on any node.</summary>
    private async Task MustLeaveNothingAsync(params string[] networks)
    {
        foreach (var node in lab.Nodes)
        {
            await LabWait.UntilAsync(async () =>
            {
                var state = await node.StateAsync();
                return state.Networks.IsEmpty && state.NetworkTunnels.IsEmpty;
            }, $"{node.Lab.Name} leaves {string.Join(", ", networks)}", LeavesWithin);
        }
        foreach (var network in networks)
        {
            await LabWait.UntilAsync(async () => (await NodesOfAsync(network)).IsEmpty, $"nobody is in {network}", LeavesWithin);
            await NodeAdmin.MustOperateAsync(lab.Second, $"{AdminPaths.DeleteNetwork}?network={network}");
        }
        foreach (var node in lab.Nodes)
        {
            await Leaks.MustBeExactlyAsync(node);
            await LabWait.UntilAsync(
                () => Task.FromResult(!node.Flows().Any(f => f.Contains("reg2=0x1000", StringComparison.Ordinal)
                    || f.Contains("reg2=0x1001", StringComparison.Ordinal) || f.Contains("10.9.0", StringComparison.Ordinal))),
                "no flow is left");
        }
    }

    public sealed class NetworkLab() : EndToEndLab(2);
}
