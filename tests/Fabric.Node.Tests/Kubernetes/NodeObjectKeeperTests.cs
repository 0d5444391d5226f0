using System.Collections.Immutable;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.Cluster.Tests;
using Fabric.Messages;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>What the agent says on its Node object, and when.</summary>
public sealed class NodeObjectKeeperTests
{
    private const string Name = "node-a";

    private const string Taint = "fabric.cni.dev/starting";

    private Readiness _readiness = new(50, "starting");

    [Fact]
    public void Nothing_is_said_before_pods_can_be_attached_and_then_both_at_once() => Play(async (api, time) =>
    {
        await MakeAsync(api);
        await Task.Delay(TimeSpan.FromMinutes(1), time);
        Assert.Equal("True, 2 taints", await SaidAsync(api));
        _readiness = Readiness.Ready;
        await UntilAsync(api, time, "False, 1 taints");
        var node = await api.Api.GetAsync(NodeObject.Resource, null, Name, default);
        Assert.Contains(node.Spec!.Taints!.Value, t => t.Key == "other");
    });

    [Fact]
    public void What_somebody_sets_again_is_cleared_again_but_not_without_a_pause() => Play(async (api, time) =>
    {
        _readiness = Readiness.Ready;
        await MakeAsync(api);
        await UntilAsync(api, time, "False, 1 taints");
        var before = api.Writes;
        for (var i = 0; i < 3; i++)
            await ConditionAsync(api, "True");
        await UntilAsync(api, time, "False, 1 taints");
        Assert.InRange(api.Writes - before, 4, 6);
    });

    [Fact]
    public void It_is_never_made_unavailable() => Play(async (api, time) =>
    {
        _readiness = Readiness.Ready;
        await MakeAsync(api);
        await UntilAsync(api, time, "False, 1 taints");
        _readiness = new Readiness(51, "Open vSwitch is away");
        await Task.Delay(TimeSpan.FromMinutes(5), time);
        Assert.Equal("False, 1 taints", await SaidAsync(api));
    });

    private void Play(Func<ObservedApi, SimulatedTime, Task> act) => SimulatedLoop.Run(async time =>
    {
        var api = new ObservedApi(time);
        var own = new OwnNode(api.Api, new NodeName(Name), time, api.Log);
        var keeper = new NodeObjectKeeper(api.Api, own, new NodeName(Name), Taint, () => _readiness, time, api.Log);
        using var end = new CancellationTokenSource();
        var work = Task.WhenAll(own.RunAsync(end.Token), keeper.RunAsync(end.Token));
        await act(api, time);
        end.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }, TimeSpan.FromHours(1));

    private static async Task MakeAsync(ObservedApi api)
    {
        await api.Api.CreateAsync(NodeObject.Resource, new NodeObject(new ObjectMeta(Name),
            new NodeSpec(Taints: [new Taint("other", null, "NoSchedule"), new Taint(Taint, null, "NoSchedule")])), default);
        await ConditionAsync(api, "True");
    }

    private static Task ConditionAsync(ObservedApi api, string status) => api.Api.PatchAsync(NodeObject.Resource, null, Name,
        new ApiPatch.Strategic(Encoding.UTF8.GetBytes($$$"""
            {"status": {"conditions": [{"type": "NetworkUnavailable", "status": "{{{status}}}", "reason": "Somebody", "message": "says so"}]}}
            """)), "status", default);

    private static async Task<string> SaidAsync(ObservedApi api)
    {
        var node = await api.Api.GetAsync(NodeObject.Resource, null, Name, default);
        ImmutableArray<ObjectCondition> conditions = node.Status?.Conditions ?? [];
        // The API server adds one of its own to each new Node.
        var taints = (node.Spec?.Taints ?? []).Count(t => !t.Key.StartsWith("node.kubernetes.io/", StringComparison.Ordinal));
        return $"{conditions.Single(c => c.Type == "NetworkUnavailable").Status}, {taints} taints";
    }

    private static async Task UntilAsync(ObservedApi api, SimulatedTime time, string said)
    {
        for (var i = 0; i < 1_000 && await SaidAsync(api) != said; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), time);
        Assert.Equal(said, await SaidAsync(api));
    }
}
