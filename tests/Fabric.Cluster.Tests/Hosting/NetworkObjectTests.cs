using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>What becomes of virtual networks when Network objects come, change and go.</summary>
public sealed class NetworkObjectTests
{
    private static readonly NetworkName Blue = new("blue");

    [Fact]
    public void An_object_gets_a_network_and_says_which() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        Assert.Equal("True Created 1: network blue has VNI 4096 and 10.9.0.0/24", world.Say(Blue));
        Assert.Equal((new Vni(4096), 0), (world.Report(Blue)!.Vni!.Value, world.Report(Blue)!.Nodes));
        Assert.Equal(["10.9.0.0/24"], world.Report(Blue)!.Subnets.Select(s => s.ToString()));
        Assert.True(world.Objects[Blue]!.Kept);
    });

    [Fact]
    public void The_history_names_the_object_that_asked() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        world.Objects.Delete(Blue);
        await world.Until(() => world.Objects[Blue] is null);
        var events = await world.EventsAsync();
        Assert.Equal(["network-created/1 Network blue", "network-deleted/1 Network blue", "network-forgotten/1 "],
            events.Select(e => $"{e.Manifest} {e.ObjectRef}"));
        Assert.All(events.Take(2), e => Assert.Equal("object-0", e.ObjectRef!.Uid));
    });

    [Fact]
    public void A_deleted_object_stays_until_no_node_has_pods_of_its_network_and_says_which_do() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        await world.DoAsync(new VirtualNetworks.Command.TakeBlocks(Blue, world.NodeRef(1)));
        await world.Until(() => world.Report(Blue) is { Nodes: 1 });
        world.Objects.Delete(Blue);
        await world.Until(() => world.Report(Blue) is { Reason: "InUse" });
        Assert.StartsWith("False InUse 2: network blue is in use on node node-0001: delete its pods there first",
            world.Say(Blue), StringComparison.Ordinal);
        await world.DoAsync(new VirtualNetworks.Command.ReturnBlocks(Blue, world.NodeRef(1), "its last pod is gone"));
        await world.Until(() => world.Objects[Blue] is null);
        Assert.Empty((await world.StateAsync()).Networks);
        Assert.Empty((await world.StateAsync()).Deleted);
    });

    [Fact]
    public void A_changed_spec_changes_nothing_and_is_told_so_until_it_is_put_back() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        world.Objects.Put(Blue, Wish("10.8.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: false });
        Assert.StartsWith("False SpecImmutable 2: network blue stays as it was made, with VNI 4096 and 10.9.0.0/24 (gateway 10.9.0.1",
            world.Say(Blue), StringComparison.Ordinal);
        Assert.Equal((new Vni(4096), "10.9.0.0/24"), (world.Report(Blue)!.Vni!.Value, world.Report(Blue)!.Subnets.Single().ToString()));
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true, Generation: 3 });
        world.Objects.Put(Blue, new NetworkWish(null, [], "spec.subnets[0].cidr: '10.9' is no CIDR"));
        await world.Until(() => world.Report(Blue) is { IsReady: false, Generation: 4 });
        Assert.Equal("SpecImmutable", world.Report(Blue)!.Reason);
        Assert.Single(await world.EventsAsync());
        world.Objects.Delete(Blue);
        await world.Until(() => world.Objects[Blue] is null);
        Assert.Empty((await world.StateAsync()).Networks);
    });

    [Theory]
    [InlineData("blue", "10.9.0.0/24", 1, "False VniInUse 1: VNI 1 is the default network's: choose another, or none")]
    [InlineData("default", "10.9.0.0/24", 0, "False Invalid 1: 'default' is the default network, which every cluster has: choose another name")]
    [InlineData("blue", "127.0.0.0/24", 0, "False Invalid 1: network blue: 127.0.0.0/24 overlaps 127.0.0.0/8, which is not for pods' addresses (RFC 6890)")]
    [InlineData("blue", "", 0, "False Invalid 1: spec.subnets is unreadable")]
    public void What_the_cluster_declines_is_said_in_words_and_put_right_by_a_better_spec(string name, string cidr, int vni, string said) =>
        Play(async world =>
        {
            var network = new NetworkName(name);
            world.Objects.Put(network, cidr.Length == 0 ? new NetworkWish(null, [], "spec.subnets is unreadable") : Wish(cidr, vni));
            await world.Until(() => world.Report(network) is not null);
            Assert.Equal(said, world.Say(network));
            Assert.Null(world.Report(network)!.Vni);
            Assert.Empty(await world.EventsAsync());
            world.Objects.Put(network, Wish("10.9.0.0/24"));
            if (name == "blue")
                await world.Until(() => world.Report(network) is { IsReady: true });
            world.Objects.Delete(network);
            await world.Until(() => world.Objects[network] is null);
        });

    [Fact]
    public void A_network_that_was_made_without_an_object_is_left_alone_and_outlives_an_object_that_asks_for_another() => Play(async world =>
    {
        await world.DoAsync(Create("10.9.0.0/24"));
        world.Objects.Put(Blue, Wish("10.8.0.0/24"));
        await world.Until(() => world.Report(Blue) is not null);
        Assert.StartsWith("False Conflict 1: there is a network blue that is not this object's, with VNI 4096 and 10.9.0.0/24",
            world.Say(Blue), StringComparison.Ordinal);
        Assert.Null(world.Report(Blue)!.Vni);
        world.Objects.Delete(Blue);
        await world.Until(() => world.Objects[Blue] is null);
        Assert.Equal([Blue], (await world.StateAsync()).Networks.Keys);
    });

    [Fact]
    public void An_object_that_asks_for_what_there_is_adopts_it_and_takes_it_along_when_it_goes() => Play(async world =>
    {
        await world.DoAsync(Create("10.9.0.0/24"));
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        Assert.Single(await world.EventsAsync());
        world.Objects.Delete(Blue);
        await world.Until(() => world.Objects[Blue] is null);
        Assert.Empty((await world.StateAsync()).Networks);
    });

    [Fact]
    public void A_network_that_was_deleted_without_its_object_comes_again_under_another_vni() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        await world.DoAsync(new VirtualNetworks.Command.Delete(Blue));
        await world.Until(() => world.Report(Blue) is { IsReady: true, Vni: { Value: 4097 } });
    });

    [Fact]
    public void While_the_api_does_not_answer_nodes_still_join_and_later_all_is_made_good() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        world.Objects.IsReachable = false;
        world.Objects.Put(new NetworkName("red"), Wish("10.9.0.0/24"));
        world.Objects.Delete(Blue);
        world.Start(2);
        await world.Until(() => world.Nodes.All(n => n.Mesh?.Joined.Count == 3));
        Assert.Equal([Blue], (await world.StateAsync()).Networks.Keys);
        world.Objects.IsReachable = true;
        world.Objects.Hear();
        await world.Until(() => world.Objects[Blue] is null && world.Report(new NetworkName("red")) is { IsReady: true });
    });

    [Fact]
    public void An_object_whose_status_was_never_written_still_has_its_network_at_the_next_holder() => Play(async world =>
    {
        world.Objects.TakesStatus = false;
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(async () => (await world.StateAsync()).Networks.ContainsKey(Blue));
        await world.MoveAsync();
        world.Objects.TakesStatus = true;
        world.Objects.Hear();
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        Assert.Single(await world.EventsAsync());
    });

    [Fact]
    public void A_spec_that_changes_before_the_status_is_written_does_not_cost_the_object_its_network() => Play(async world =>
    {
        world.Objects.TakesStatus = false;
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(async () => (await world.StateAsync()).Networks.ContainsKey(Blue));
        world.Objects.Put(Blue, Wish("10.8.0.0/24"));
        world.Objects.TakesStatus = true;
        world.Objects.Hear();
        await world.Until(() => world.Report(Blue) is { Reason: "SpecImmutable", Vni.Value: 4096 });
    });

    [Fact]
    public void The_next_holder_finishes_a_deletion_that_was_begun() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true });
        await world.DoAsync(new VirtualNetworks.Command.TakeBlocks(Blue, world.NodeRef(1)));
        world.Objects.Delete(Blue);
        await world.Until(() => world.Report(Blue) is { Reason: "InUse" });
        await world.DoAsync(new VirtualNetworks.Command.ReturnBlocks(Blue, world.NodeRef(1), "its last pod is gone"));
        await world.MoveAsync();
        await world.Until(() => world.Objects[Blue] is null);
        Assert.Equal(1, (await world.EventsAsync()).Count(e => e.Manifest == "network-deleted/1"));
    });

    [Fact]
    public void A_status_that_says_it_already_is_not_written_again() => Play(async world =>
    {
        world.Objects.Put(Blue, Wish("10.9.0.0/24"));
        world.Objects.Put(new NetworkName("default"), Wish("10.9.0.0/24"));
        await world.Until(() => world.Report(Blue) is { IsReady: true } && world.Report(new NetworkName("default")) is { IsReady: false });
        var written = world.Objects.StatusWrites;
        world.Start(2);
        await world.Until(() => world.Nodes.All(n => n.Mesh?.Joined.Count == 3));
        await world.MoveAsync();
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        Assert.Equal(written, world.Objects.StatusWrites);
    });

    private static NetworkWish Wish(string cidr, int vni = 0) => new(vni == 0 ? null : new Vni((uint)vni), [Subnet(cidr)]);

    private static VirtualNetworks.Command.Create Create(string cidr) => new(Blue, null, [Subnet(cidr)], new Vni(1), []);

    private static NetworkSubnet Subnet(string cidr) => new(Cidr.Parse(cidr), Cidr.Parse(cidr).At(1), [], 26);

    private static void Play(Func<NetworkWorld, Task> act) => SimulatedLoop.Run(async time =>
    {
        var world = new NetworkWorld(time);
        world.Start(0);
        world.Start(1);
        await world.Until(() => world.Nodes.All(n => n.Mesh?.Joined.Count == 2));
        await act(world);
        await world.StopAsync();
    });
}
