using System.Text.Json.Nodes;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Network objects on an API with the API server's own rules.</summary>
public sealed class KubernetesNetworkObjectTests
{
    private static readonly NetworkName Blue = new("blue");

    [Fact]
    public void A_network_is_made_shown_and_taken_away_with_its_object() => Play(async (world, api) =>
    {
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24", "excluded": ["10.9.0.9"]}]}""");
        await world.Until(() => api.Ready() == "True");
        Assert.Equal(
            """{"observedGeneration":1,"vni":4096,"subnets":["10.9.0.0/24"],"nodes":0,"conditions":[{"type":"Ready","status":"True","""
                + """ "reason":"Created","message":"network blue has VNI 4096 and 10.9.0.0/24","lastTransitionTime":"SINCE"}]}""".Trim(),
            api.Status());
        Assert.Equal("10.9.0.0/24 (gateway 10.9.0.1, blocks of /26, without 10.9.0.9/32)",
            (await world.StateAsync()).Networks[Blue].Subnets.Single().ToString());
        api.Delete();
        await world.Until(() => api.Object is null);
        Assert.Empty((await world.StateAsync()).Networks);
        Assert.Empty(world.Troubles);
    });

    [Fact]
    public void What_says_it_already_is_not_written_by_the_next_holder_either() => Play(async (world, api) =>
    {
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        var writes = api.Writes.Count;
        Assert.Equal(["PATCH networks.fabric.cni.dev/blue", "PUT networks.fabric.cni.dev/blue/status"], api.Writes);
        world.Start(2);
        await world.MoveAsync();
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        Assert.Equal(writes, api.Writes.Count);
    });

    [Fact]
    public void A_status_that_meets_somebody_elses_write_is_written_to_the_newest_object() => Play(async (world, api) =>
    {
        api.OnceBefore("PUT", () => api.Change(o => o["metadata"]!["labels"] = new JsonObject { ["team"] = "a" }));
        api.OnceBefore("PATCH", () => api.Change(o => o["metadata"]!["finalizers"] = new JsonArray("example.com/other")));
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        Assert.Equal("a", api.Object!["metadata"]!["labels"]!["team"]!.ToString());
        Assert.Equal(["example.com/other", "fabric.cni.dev/network"], api.Finalizers());
        api.Delete();
        await world.Until(() => api.Finalizers() is ["example.com/other"]);
        Assert.Empty(world.Troubles);
    });

    [Theory]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    public void A_write_whose_answer_is_lost_is_found_done(string verb) => Play(async (world, api) =>
    {
        api.OnceAfter(verb);
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        Assert.Equal(["PATCH networks.fabric.cni.dev/blue", "PUT networks.fabric.cni.dev/blue/status"], api.Writes);
        Assert.Contains("network blue can't be told what became of it", Assert.Single(world.Troubles), StringComparison.Ordinal);
    });

    [Fact]
    public void While_the_api_is_away_nodes_join_one_line_says_so_and_later_all_is_made_good() => Play(async (world, api) =>
    {
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        api.IsReachable = false;
        api.Delete();
        world.Start(2);
        await world.Until(() => world.Nodes.All(n => n.Mesh?.Joined.Count == 3));
        await Task.Delay(TimeSpan.FromMinutes(5), world.Time);
        Assert.InRange(world.Troubles.Count, 1, 2);
        api.IsReachable = true;
        await world.Until(() => api.Object is null);
        Assert.Empty((await world.StateAsync()).Networks);
    });

    [Theory]
    [InlineData(null)]
    [InlineData(ApiFault.Expired)]
    [InlineData(ApiFault.Unreachable)]
    public void A_watch_that_ends_is_gone_on_with(ApiFault? fault) => Play(async (world, api) =>
    {
        await world.Until(() => api.IsWatched);
        api.Client.BreakWatches(fault);
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        api.Client.BreakWatches(fault);
        api.Delete();
        await world.Until(() => api.Object is null);
    });

    [Fact]
    public void Numbers_of_nodes_are_shown_in_their_own_time() => Play(async (world, api) =>
    {
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        var writes = api.Writes.Count;
        for (var i = 0; i < 10; i++)
        {
            await world.DoAsync(new VirtualNetworks.Command.TakeBlocks(Blue, world.NodeRef(1)));
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
            await world.DoAsync(new VirtualNetworks.Command.ReturnBlocks(Blue, world.NodeRef(1), "its last pod is gone"));
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }
        await world.DoAsync(new VirtualNetworks.Command.TakeBlocks(Blue, world.NodeRef(1)));
        await world.Until(() => api.Object!["status"]!["nodes"]!.GetValue<int>() == 1);
        Assert.InRange(api.Writes.Count - writes, 1, 3);
    });

    [Fact]
    public void Without_the_kind_it_says_so_once_and_begins_when_the_kind_is_there() => Play(async (world, api) =>
    {
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        Assert.Contains("networks.fabric.cni.dev can't be followed", Assert.Single(world.Troubles), StringComparison.Ordinal);
        api.Install(ApiWorld.Definition);
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
    }, isInstalled: false);

    [Fact]
    public void An_older_schema_that_keeps_less_of_the_status_is_not_written_to_again_and_again() => Play(async (world, api) =>
    {
        api.Install(ApiWorld.Definition.Replace("                nodes:", "                hosts:", StringComparison.Ordinal));
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        Assert.InRange(api.Writes.Count, 2, 3);
    }, isInstalled: false);

    [Theory]
    [InlineData("""{"cidr": "10.9.0.7/24"}""",
        "spec.subnets[0].cidr must be ADDRESS/PREFIX with the host bits zero, like 10.9.0.0/16, not '10.9.0.7/24'")]
    [InlineData("""{"cidr": "10.9.0.0/24", "gateway": "10.9"}""", "spec.subnets[0].gateway must be an IP address, not '10.9'")]
    [InlineData("""{"cidr": "10.9.0.0/24", "excluded": ["10.9.0.1", "10.9/8"]}""",
        "spec.subnets[0].excluded[1] must be an IP address or a CIDR, not '10.9/8'")]
    public void What_cannot_be_read_is_named_by_its_field(string subnet, string message) => Play(async (world, api) =>
    {
        api.Put($$"""{"subnets": [{{subnet}}]}""");
        await world.Until(() => api.Ready() == "False");
        Assert.Equal(("Invalid", message), (api.Condition()!["reason"]!.ToString(), api.Condition()!["message"]!.ToString()));
        Assert.Equal(["observedGeneration", "conditions"], api.Object!["status"]!.AsObject().Select(f => f.Key));
    });

    [Fact]
    public void A_condition_keeps_the_time_of_its_last_change_and_those_of_others_stay() => Play(async (world, api) =>
    {
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        await world.Until(() => api.Ready() == "True");
        var since = api.Condition()!["lastTransitionTime"]!.ToString();
        api.Change(o => o["status"]!["conditions"]!.AsArray().Add(new JsonObject { ["type"] = "Audited", ["status"] = "True" }), "status");
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        await world.DoAsync(new VirtualNetworks.Command.TakeBlocks(Blue, world.NodeRef(1)));
        await world.Until(() => api.Object!["status"]!["nodes"]!.GetValue<int>() == 1);
        Assert.Equal(since, api.Condition()!["lastTransitionTime"]!.ToString());
        Assert.NotNull(api.Condition("Audited"));
        // A node has addresses of it, so it stays for the time being.
        api.Delete();
        await world.Until(() => api.Ready() == "False");
        Assert.NotEqual(since, api.Condition()!["lastTransitionTime"]!.ToString());
    });

    [Fact]
    public void An_object_that_the_api_server_will_not_change_delays_no_other_and_is_tried_again_at_leisure() => Play(async (world, api) =>
    {
        api.Declines = "blue";
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""");
        api.Put("""{"subnets": [{"cidr": "10.9.0.0/24"}]}""", "red");
        await world.Until(() => world.Troubles.Count == 1);
        Assert.Contains("network blue can't be told what became of it: PATCH networks.fabric.cni.dev/blue: a policy says no",
            world.Troubles.Single(), StringComparison.Ordinal);
        var declined = api.Attempts;
        world.Start(2);
        await world.Until(() => world.Nodes.All(n => n.Mesh?.Joined.Count == 3) && api.Writes.Count == 2);
        await Task.Delay(TimeSpan.FromSeconds(100), world.Time);
        Assert.InRange(api.Attempts - declined, 2, 5);
        Assert.Single(world.Troubles);
        api.Declines = null;
        await world.Until(() => api.Ready() == "True");
    });

    private static void Play(Func<NetworkWorld, ApiWorld, Task> act, bool isInstalled = true) => SimulatedLoop.Run(async time =>
    {
        var api = new ApiWorld(time);
        if (isInstalled)
            api.Install(ApiWorld.Definition);
        var world = new NetworkWorld(time, w => new KubernetesNetworkObjects(api.Client, time, w.Troubles.Add));
        world.Start(0);
        world.Start(1);
        await world.Until(() => world.Nodes.All(n => n.Mesh?.Joined.Count == 2));
        await act(world, api);
        await world.StopAsync();
    });

    /// <summary>An API server with one Network object, as its user and others see it.</summary>
    private sealed class ApiWorld
    {
        private readonly ApiState _state;
        private readonly Dictionary<string, Action> _before = [];
        private readonly HashSet<string> _lost = [];

        public ApiWorld(SimulatedTime time)
        {
            _state = ApiState.Start(time);
            Client = new SimulatedKubernetesApi(_state) { Before = BeforeAsync, After = AfterAsync };
        }

        public static string Definition { get; } = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "crds", "networks.yaml"));

        public SimulatedKubernetesApi Client { get; }

        public bool IsReachable { get; set; } = true;

        /// <summary>An object that nobody may change.</summary>
        public string? Declines { get; set; }

        /// <summary>How often that was tried.</summary>
        public int Attempts { get; private set; }

        public bool IsWatched { get; private set; }

        /// <summary>What was changed by way of the client.</summary>
        public List<string> Writes { get; } = [];

        public JsonObject? Object
        {
            get
            {
                try
                {
                    return _state.Get(Kind, null, "blue");
                }
                catch (ApiStatusException e) when (e.Code == 404)
                {
                    return null;
                }
            }
        }

        private ApiKind Kind => _state.Find("fabric.cni.dev", "v1alpha1", "networks")!;

        public void Install(string definition) => _state.LoadText(definition);

        public void Put(string spec, string name = "blue")
        {
            if (Object is not null && name == "blue")
                Change(o => o["spec"] = JsonNode.Parse(spec));
            else
            {
                _state.LoadText($$$"""
                    {"apiVersion": "fabric.cni.dev/v1alpha1", "kind": "Network", "metadata": {"name": "{{{name}}}"}, "spec": {{{spec}}}}
                    """);
            }
        }

        public void Change(Action<JsonObject> change, string? subresource = null)
        {
            var changed = Object!;
            change(changed);
            _state.Replace(Kind, null, "blue", changed, subresource, WriteOptions.None);
        }

        public void Delete() => _state.Delete(Kind, null, "blue", DeleteOptions.None);

        public JsonObject? Condition(string type = "Ready") =>
            Object?["status"]?["conditions"]?.AsArray().Select(c => c!.AsObject()).FirstOrDefault(c => c["type"]!.ToString() == type);

        public string? Ready() => Condition()?["status"]!.ToString();

        public string[] Finalizers() => [.. (Object?["metadata"]?["finalizers"]?.AsArray() ?? []).Select(f => f!.ToString())];

        public string Status()
        {
            var status = Object!["status"]!.DeepClone();
            status["conditions"]![0]!["lastTransitionTime"] = "SINCE";
            return status.ToJsonString();
        }

        public void OnceBefore(string verb, Action act) => _before.Add(verb, act);

        /// <summary>The next answer to this verb is lost.</summary>
        public void OnceAfter(string verb) => _lost.Add(verb);

        private Task BeforeAsync(ApiRequest request, CancellationToken cancellationToken)
        {
            IsWatched |= request.Verb == "WATCH";
            Reach(request);
            if (_before.Remove(request.Verb, out var act))
                act();
            return Task.CompletedTask;
        }

        private Task AfterAsync(ApiRequest request, CancellationToken cancellationToken)
        {
            if (request.Verb is "PUT" or "PATCH")
                Writes.Add(request.ToString());
            if (_lost.Remove(request.Verb))
                throw new KubernetesException(request.ToString(), ApiFault.Unreachable, "the connection broke", isSurelyUndone: false);
            return Task.CompletedTask;
        }

        private void Reach(ApiRequest request)
        {
            if (!IsReachable)
                throw new KubernetesException(request.ToString(), ApiFault.Unreachable, "connection refused", isSurelyUndone: true);
            if (Declines is null || request.Name != Declines)
                return;
            Attempts++;
            throw new KubernetesException(request.ToString(), ApiFault.Forbidden, "a policy says no", isSurelyUndone: true);
        }
    }
}
