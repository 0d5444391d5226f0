using System.Globalization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Objects, operators, nodes, holders and troubles in any order: once all is healed, each object says what there is.</summary>
public sealed class NetworkObjectRandomTests
{
    private static readonly NetworkName[] Names = [new("blue"), new("red"), new("default")];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_happens_objects_come_to_say_what_there_is_and_only_their_own_networks_go_with_them(int seed) =>
        SimulatedLoop.Run(async time =>
        {
            var world = new NetworkWorld(time);
            world.Start(0);
            world.Start(1);
            await world.Until(() => world.Nodes.All(n => n.Mesh?.Joined.Count == 2));
            var draw = new Draw((ulong)seed);
            var asked = new Dictionary<(string Uid, string Network), List<string>>();
            for (var left = 10 + draw.Next(30); left > 0; left--)
            {
                await StepAsync(world, draw, asked);
                await Task.Delay(TimeSpan.FromMilliseconds(draw.Next(3) == 0 ? draw.Next(5_000) : draw.Next(100)), time);
            }
            (world.Objects.IsReachable, world.Objects.TakesStatus) = (true, true);
            world.Stores.ForEach(s => s.Unknowns.Clear());
            await ReturnAllAsync(world);
            world.Objects.Hear();
            await world.Until(async () => await IsSettledAsync(world));
            Check(await world.EventsAsync(), asked);
            await world.StopAsync();
        });

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];

    private static async Task StepAsync(NetworkWorld world, Draw draw, Dictionary<(string, string), List<string>> asked)
    {
        var name = Names[draw.Next(10) == 0 ? 2 : draw.Next(2)];
        var wish = draw.Next(8) == 0
            ? new NetworkWish(null, [], "spec.subnets is unreadable")
            : new NetworkWish(draw.Next(4) == 0 ? new Vni((uint)(1 + draw.Next(3))) : null, [Subnet(draw.Next(2))]);
        switch (draw.Next(12))
        {
            case 0 or 1 or 2 when world.Objects[name] is not { IsDeleted: true }:
                world.Objects.Put(name, wish);
                var key = (world.Objects[name]!.Uid, name.Value);
                asked[key] = [.. asked.GetValueOrDefault(key) ?? [], .. wish.Subnets.Select(s => s.ToString())];
                break;
            case 3 or 4:
                world.Objects.Delete(name);
                break;
            case 5 when wish.Fault is null:
                await world.AskAsync(new VirtualNetworks.Command.Create(name, wish.Vni, wish.Subnets, new Vni(1), ["default"]));
                break;
            case 6:
                await world.AskAsync(new VirtualNetworks.Command.Delete(name));
                break;
            case 7:
                await world.AskAsync(new VirtualNetworks.Command.TakeBlocks(name, world.NodeRef(draw.Next(world.Nodes.Count))));
                break;
            case 8:
                await world.AskAsync(new VirtualNetworks.Command.ReturnBlocks(name, world.NodeRef(draw.Next(world.Nodes.Count)), "no pods"));
                break;
            case 9:
                (world.Objects.IsReachable, world.Objects.TakesStatus) = (draw.Next(3) > 0, draw.Next(3) > 0);
                break;
            case 10:
                world.Stores[draw.Next(world.Stores.Count)].Unknowns.Enqueue(draw.Next(2) == 0);
                break;
            case 11 when world.Nodes.Count < 6 && world.Nodes.Any(n => n.IsHolder):
                world.Start(world.Nodes.Count);
                await world.MoveAsync();
                break;
        }
    }

    private static async Task ReturnAllAsync(NetworkWorld world)
    {
        foreach (var network in (await world.StateAsync()).Networks.Values)
        {
            foreach (var held in network.Holdings.Values)
                await world.DoAsync(new VirtualNetworks.Command.ReturnBlocks(network.Name, new NodeRef(held.Node, held.Uid), "no pods"));
        }
    }

    private static async Task<bool> IsSettledAsync(NetworkWorld world)
    {
        var state = await world.StateAsync();
        return state.Deleted.IsEmpty && Array.TrueForAll(Names, n => world.Objects[n] is not { } stored
            || !stored.IsDeleted && stored.Kept && stored.Report is { } report && report.Generation == stored.Generation
            && report.IsReady == (state.Networks.TryGetValue(n, out var there) && stored.Wish.Matches(there))
            && (report.Vni is null || report.Vni == there?.Vni));
    }

    /// <summary>Who deletes by way of an object has once asked for the network that goes.</summary>
    private static void Check(List<EventEnvelope> events, Dictionary<(string, string), List<string>> asked)
    {
        var made = new Dictionary<NetworkName, VirtualNetworkEvent.NetworkCreated>();
        foreach (var envelope in events)
        {
            Assert.True(ClusterEvents.Catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e));
            if (e is VirtualNetworkEvent.NetworkCreated created)
                made[created.Network] = created;
            if (e is VirtualNetworkEvent.NetworkDeleted deleted && envelope.ObjectRef is { } by)
                Assert.Contains(made[deleted.Network].Subnets.Single().ToString(), asked[(by.Uid, deleted.Network.Value)]);
        }
    }

    private static NetworkSubnet Subnet(int number)
    {
        var cidr = Cidr.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{8 + number}.0.0/24"));
        return new NetworkSubnet(cidr, cidr.At(1), [], 26);
    }
}
