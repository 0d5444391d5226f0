using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node.Tests;

public sealed class AdminServerTests
{
    [Fact]
    public async Task The_socket_is_only_for_its_owner_and_gone_after_the_stop()
    {
        string path;
        await using (var admin = await RunningAdmin.StartAsync())
        {
            path = admin.SocketPath;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Status_tells_the_node_in_one_answer()
    {
        await using var admin = await RunningAdmin.StartAsync();
        admin.Node.Readiness = new Readiness(50, "the pool is empty");
        using var client = AdminClient.Connect(admin.SocketPath);

        var text = await client.GetStringAsync(AdminPaths.Status);
        var status = JsonSerializer.Deserialize(text, AdminJson.Default.StatusAnswer)!;

        Assert.Equal(("node-a", 75.0, 50), (status.Node.Value, status.UptimeSeconds, status.Readiness.Code));
        Assert.Equal("the pool is empty", Assert.Single(status.Readiness.Reasons));
        Assert.Equal(admin.Journal.LastOrdering, status.Journal.LastOrdering);
        Assert.Equal(1, status.PortsByStage["ready"]);
        Assert.Equal(1, status.PortsByStage["unplumbing"]);
        Assert.Equal("10.244.1.1", Assert.Single(status.GatewayAddresses).ToString());
        Assert.Contains("\"firstTime\":\"2026-05-04T03:02:01.000Z\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ports_and_addresses_know_since_when_they_are_what_they_are()
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var client = AdminClient.Connect(admin.SocketPath);

        var ports = await GetAsync(client, AdminPaths.Ports, AdminJson.Default.PortsAnswer);
        var ips = await GetAsync(client, AdminPaths.Ips, AdminJson.Default.IpsAnswer);

        var web = Assert.Single(ports.Ports, p => p.Container == SampleNode.Web.Container);
        Assert.Equal((SampleNode.Start.AddMilliseconds(1009), "ready"), (web.Since!.Value, web.Stage));
        var other = Assert.Single(ports.Ports, p => p.Container == SampleNode.Nameless.Container);
        Assert.Equal((SampleNode.Start.AddMilliseconds(60_000), "unplumbing"), (other.Since!.Value, other.Stage));
        var pool = Assert.Single(ips.Pools);
        Assert.Equal((2, 250, 0), (pool.Used, pool.Free, pool.Resting));
        Assert.Equal(SampleNode.Start.AddMilliseconds(1002), pool.Addresses[0].Since);
        Assert.Equal("default/web-0", pool.Addresses[0].Pod?.ToString());
    }

    [Fact]
    public async Task Flows_members_and_mesh_are_told()
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var client = AdminClient.Connect(admin.SocketPath);

        var flows = await GetAsync(client, AdminPaths.Flows, AdminJson.Default.FlowsAnswer);
        var members = await GetAsync(client, AdminPaths.Members, AdminJson.Default.MembersAnswer);
        var mesh = await GetAsync(client, AdminPaths.Mesh, AdminJson.Default.MeshAnswer);

        var flow = flows.Flows[1];
        Assert.Equal((10, 200, "0x1f", "ip,in_port=64", "resubmit(,20)", "pod default/web-0"),
            (flow.Table, flow.Priority, flow.Cookie, flow.Match, flow.Actions, flow.Cause));
        Assert.Equal(("", "drop", "the bridge itself"), (flows.Flows[0].Match, flows.Flows[0].Actions, flows.Flows[0].Cause));
        Assert.Equal([false, true], members.Members.Select(m => m.IsSingleton));
        var peer = Assert.Single(mesh.Peers);
        Assert.Equal(("unreachable", SampleNode.Start.AddMilliseconds(3000)), (peer.State, peer.Since!.Value));
    }

    [Theory]
    [InlineData("?pod=web-0", "pod", "web-0")]
    [InlineData("?container=ab", "container", "ab")]
    [InlineData("?entity=x", "entity", "x")]
    [InlineData("?kind=nothing", "kind", "nothing")]
    [InlineData("?since=yesterday", "since", "yesterday")]
    [InlineData("?since=10w", "since", "10w")]
    [InlineData("?until=%23x", "until", "#x")]
    [InlineData("?limit=0", "limit", "0")]
    [InlineData("?limit=100001", "limit", "100001")]
    [InlineData("?follow=yes", "follow", "yes")]
    [InlineData("?colour=red", "colour", "red")]
    [InlineData("?limit=1&limit=2", "limit", "2")]
    public async Task A_bad_query_is_answered_with_parameter_value_and_what_is_allowed(string query, string parameter, string value)
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var client = AdminClient.Connect(admin.SocketPath);

        using var response = await client.GetAsync(AdminPaths.Events + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), AdminJson.Default.AdminError)!;
        Assert.Equal((parameter, value), (error.Parameter, error.Value));
        Assert.NotEmpty(error.Allowed);
        Assert.Empty(admin.Failures);
    }

    [Fact]
    public async Task The_mesh_of_a_virtual_network_is_told_by_the_nodes_that_are_in_it()
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var client = AdminClient.Connect(admin.SocketPath);
        var (blue, peer) = (new NetworkName("blue"), new NodeName("node-b"));
        await admin.Node.HappenAsync(NodeNetworks.Id(new NodeName("node-a")), "-", 70_000, new NetworkEvent.NetworkJoined(
            blue, new Vni(4096), 2, [], [Cidr.Parse("10.9.0.0/26")]));
        await admin.Node.HappenAsync(Tunnel.Id(peer, blue), "-", 70_001, new TunnelEvent.TunnelOpened(
            peer, "77aa", [IpAddress.Parse("192.0.2.11")], [Cidr.Parse("10.9.0.64/26")], blue));

        var mesh = await GetAsync(client, AdminPaths.Mesh + "?network=blue", AdminJson.Default.MeshAnswer);
        using var absent = await client.GetAsync(AdminPaths.Mesh + "?network=pink");

        Assert.Equal((4096u, "10.9.0.0/26"), (mesh.Vni!.Value.Value, mesh.PodCidrs.Single().ToString()));
        Assert.Equal("10.9.0.64/26", Assert.Single(mesh.Peers).PodCidrs.Single().ToString());
        Assert.NotNull(mesh.Peers[0].Since);
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        Assert.Contains("it is in blue", await absent.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single((await GetAsync(client, AdminPaths.Mesh, AdminJson.Default.MeshAnswer)).Peers, p => p.PodCidrs.Contains(Cidr.Parse("10.244.2.0/24")));
    }

    [Fact]
    public async Task Unknown_paths_methods_and_parameters_are_explained()
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var client = AdminClient.Connect(admin.SocketPath);

        using var nowhere = await client.GetAsync("/v1/nowhere");
        using var posted = await client.PostAsync(AdminPaths.Status, new StringContent(""));
        using var extra = await client.GetAsync(AdminPaths.Ports + "?a=b");

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, HttpStatusCode.BadRequest],
            [nowhere.StatusCode, posted.StatusCode, extra.StatusCode]);
        var error = JsonSerializer.Deserialize(await nowhere.Content.ReadAsStringAsync(), AdminJson.Default.AdminError)!;
        Assert.Equal<string>(AdminPaths.All, error.Allowed);
    }

    [Theory]
    [InlineData("/v1/nodes/drain?node=node-b", "drain node-b")]
    [InlineData("/v1/nodes/undrain?node=node-b", "undrain node-b")]
    [InlineData("/v1/nodes/remove?node=node-b", "remove node-b, uid any")]
    [InlineData("/v1/nodes/remove?node=node-b&uid=77aa&force=true", "remove node-b, uid 77aa, by force")]
    [InlineData("/v1/cidrs/add?cidr=10.245.0.0/16", "add 10.245.0.0/16 (/24 for each node)")]
    [InlineData("/v1/cidrs/add?cidr=fd00::/48&nodePrefixLength=60", "add fd00::/48 (/60 for each node)")]
    [InlineData("/v1/networks/create?network=blue&subnet=10.9.0.0/24",
        "create blue, VNI any, 10.9.0.0/24 (gateway 10.9.0.1, blocks of /26)")]
    [InlineData("/v1/networks/create?network=blue&subnet=10.9.0.0/24,fd09::/64&gateway=fd09::f&exclude=10.9.0.9,10.9.0.64/28&vni=77&blockPrefixLength=27",
        "create blue, VNI 77, 10.9.0.0/24 (gateway 10.9.0.1, blocks of /27, without 10.9.0.9/32, 10.9.0.64/28); fd09::/64 (gateway fd09::f, blocks of /120)")]
    [InlineData("/v1/networks/delete?network=blue", "delete blue")]
    public async Task An_operation_is_asked_for_by_post_and_answers_what_was_done(string path, string operation)
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var client = AdminClient.Connect(admin.SocketPath);

        using var looked = await client.GetAsync(path);
        using var response = await client.PostAsync(path, null);

        Assert.Equal((HttpStatusCode.MethodNotAllowed, HttpStatusCode.OK), (looked.StatusCode, response.StatusCode));
        var answer = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), AdminJson.Default.OperationAnswer)!;
        Assert.Equal(("node-a", "it is done"), (answer.Node.Value, answer.Done));
        Assert.Equal([operation], admin.Node.Operations);
    }

    [Theory]
    [InlineData("/v1/nodes/drain", "node")]
    [InlineData("/v1/nodes/drain?node=UPPER", "node")]
    [InlineData("/v1/nodes/drain?node=a&force=true", "force")]
    [InlineData("/v1/nodes/remove?node=a&node=b", "node")]
    [InlineData("/v1/nodes/remove?node=a&force=yes", "force")]
    [InlineData("/v1/cidrs/add", "cidr")]
    [InlineData("/v1/networks/create?subnet=10.9.0.0/24", "network")]
    [InlineData("/v1/networks/create?network=blue", "subnet")]
    [InlineData("/v1/networks/create?network=blue&subnet=10.9.0.1/24", "subnet")]
    [InlineData("/v1/networks/create?network=blue&subnet=10.9.0.0/24&gateway=fd09::1", "gateway")]
    [InlineData("/v1/networks/create?network=blue&subnet=10.9.0.0/24&exclude=x", "exclude")]
    [InlineData("/v1/networks/create?network=blue&subnet=10.9.0.0/24&vni=0", "vni")]
    [InlineData("/v1/networks/create?network=blue&subnet=10.9.0.0/24&blockPrefixLength=26,120", "blockPrefixLength")]
    [InlineData("/v1/cidrs/add?cidr=10.245.0.1/16", "cidr")]
    [InlineData("/v1/cidrs/add?cidr=10.245.0.0/16&nodePrefixLength=x", "nodePrefixLength")]
    public async Task An_operation_with_a_wrong_parameter_changes_nothing_and_names_it(string path, string parameter)
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var client = AdminClient.Connect(admin.SocketPath);

        using var response = await client.PostAsync(path, null);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), AdminJson.Default.AdminError)!;
        Assert.Equal(parameter, error.Parameter);
        Assert.Empty(admin.Node.Operations);
    }

    [Theory]
    [InlineData("unknown-node", HttpStatusCode.NotFound)]
    [InlineData("unknown-network", HttpStatusCode.NotFound)]
    [InlineData("node-up", HttpStatusCode.Conflict)]
    [InlineData(null, HttpStatusCode.ServiceUnavailable)]
    public async Task What_came_of_an_operation_is_told_apart(string? refusal, HttpStatusCode status)
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var client = AdminClient.Connect(admin.SocketPath);
        admin.Node.Outcome = refusal is null
            ? new OperationOutcome.Unavailable("the reason")
            : new OperationOutcome.Refused(refusal, "the reason");

        using var response = await client.PostAsync("/v1/nodes/drain?node=b", null);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains("the reason", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_can_be_watched()
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var client = AdminClient.Connect(admin.SocketPath);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var response = await client.GetAsync(
            $"{AdminPaths.Members}?watch=true", HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(deadline.Token));

        var first = await lines.ReadLineAsync(deadline.Token);
        admin.Node.ClusterChanges.Raise();
        var second = await lines.ReadLineAsync(deadline.Token);

        Assert.Contains("\"node-b\"", first, StringComparison.Ordinal);
        Assert.Equal(2, JsonSerializer.Deserialize(second!, AdminJson.Default.MembersAnswer)!.Members.Length);
    }

    [Theory]
    [InlineData("pod=default/web-0", 6)]
    [InlineData("container=c0ff", 7)]
    [InlineData("correlation=r3", 1)]
    [InlineData("kind=pool", 3)]
    [InlineData("kind=attachment-ready", 2)]
    [InlineData("entity=tunnel/node-b", 1)]
    [InlineData("node=node-b", 1)]
    [InlineData("node=node-c", 0)]
    [InlineData("limit=3", 3)]
    [InlineData("since=%235&until=%236", 2)]
    [InlineData("since=2026-05-04T03:02:04Z", 2)]
    [InlineData("until=2026-05-04T03:02:01Z", 1)]
    [InlineData("since=1s", 0)]
    [InlineData("pod=default/nobody", 0)]
    public async Task Events_are_found_by_what_is_known_of_them(string query, int count)
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var client = AdminClient.Connect(admin.SocketPath);

        var events = (await client.GetStringAsync($"{AdminPaths.Events}?{query}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonSerializer.Deserialize(l, AdminJson.Default.EventEntry)!).ToArray();

        Assert.Equal(count, events.Length);
        Assert.Equal(events.OrderBy(e => e.Ordering), events);
        Assert.All(events, e => Assert.Null(e.Payload));
    }

    [Fact]
    public async Task What_became_of_a_node_is_what_was_copied_of_it_and_the_tunnel_to_it()
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var client = AdminClient.Connect(admin.SocketPath);
        foreach (var (number, name) in new[] { (1, "node-b"), (2, "node-c"), (3, "node-b") })
        {
            var up = new MembershipEvent.MemberUp(new NodeName(name), 3, "its lease is held", DateTimeOffset.UnixEpoch);
            using var payload = JsonDocument.Parse(ClusterEvents.Catalog.Encode(up));
            await admin.Node.HappenAsync(ClusterObserver.Id(Cluster.Membership.Id("default")), "-", 70_000 + number, new ClusterEventObserved(
                Cluster.Membership.Id("default"), number, "member-up/1", default, payload.RootElement.Clone(), up.Describe()));
        }

        var lines = (await client.GetStringAsync($"{AdminPaths.Events}?node=node-b")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(["tunnel/node-b", "observed/membership/default", "observed/membership/default"],
            lines.Select(l => JsonSerializer.Deserialize(l, AdminJson.Default.EventEntry)!.Stream.Value));
    }

    [Fact]
    public async Task Following_goes_on_where_the_past_ends()
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var client = AdminClient.Connect(admin.SocketPath);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var response = await client.GetAsync(
            $"{AdminPaths.Events}?follow=true&limit=1&payload=true", HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(deadline.Token));

        var first = JsonSerializer.Deserialize((await lines.ReadLineAsync(deadline.Token))!, AdminJson.Default.EventEntry)!;
        await admin.Node.HappenAsync(NodeLife.Id(new NodeName("node-a")), "-", 70_000, new NodeEvent.AgentStopped("asked to"));
        var second = JsonSerializer.Deserialize((await lines.ReadLineAsync(deadline.Token))!, AdminJson.Default.EventEntry)!;

        Assert.Equal(first.Ordering + 1, second.Ordering);
        Assert.Equal("agent stopped: asked to", second.Text);
        Assert.Equal("asked to", second.Payload!.Value.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_half_open_client_does_not_keep_others_waiting()
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        using var half = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await half.ConnectAsync(new UnixDomainSocketEndPoint(admin.SocketPath));
        await half.SendAsync(Encoding.ASCII.GetBytes("GET /v1/status HTTP/1.1\r\nHo"));
        using var client = AdminClient.Connect(admin.SocketPath);

        using var response = await client.GetAsync(AdminPaths.Status);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_view_that_throws_is_an_answer_and_not_the_agents_end()
    {
        var journal = new MemoryJournal();
        var loop = new EventLoop("fab-t loop", _ => { });
        await using var admin = await RunningAdmin.StartAsync(journal);
        var path = admin.SocketPath + "2";
        await using (var server = new AdminServer(
            loop, new BrokenView(), journal, "x", NodeEvents.Catalog, TimeProvider.System, admin))
        {
            await server.StartAsync(path, CancellationToken.None);
            using var client = AdminClient.Connect(path);
            using var response = await client.GetAsync(AdminPaths.Ports);
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            Assert.IsType<InvalidOperationException>(Assert.Single(admin.Failures));
        }
        await loop.DisposeAsync();
    }

    [Fact]
    public async Task A_second_agent_does_not_take_the_socket_away()
    {
        await using var admin = await RunningAdmin.StartAsync(new MemoryJournal());
        await using var second = new AdminServer(
            admin.Loop, admin.Node, admin.Journal, "x", NodeEvents.Catalog, TimeProvider.System, admin);

        var e = await Assert.ThrowsAsync<HttpSocketException>(() => second.StartAsync(admin.SocketPath, CancellationToken.None));

        Assert.Contains(admin.SocketPath, e.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(admin.SocketPath));
    }

    private static async Task<T> GetAsync<T>(
        HttpClient client, string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json)
    {
        var text = await client.GetStringAsync(path);
        var answer = JsonSerializer.Deserialize(text, json)!;
        // What is read back is written the same again.
        Assert.Equal(text.TrimEnd(), JsonSerializer.Serialize(answer, json));
        return answer;
    }

    private sealed class BrokenView : INodeView
    {
        public Cluster.ChangeSignal ClusterChanges { get; } = new();

        public NodeFacts Read() => throw new InvalidOperationException("broken");
    }
}
