using System.Text.Json.Nodes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>What the state promises beyond the contract of the seam.</summary>
public sealed class ApiStateTests
{
    private readonly ApiState _state = ApiState.Start(TimeProvider.System);

    [Fact]
    public void A_pod_on_a_node_stays_until_it_is_deleted_without_grace()
    {
        _state.LoadText("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: n}}");
        _state.Delete(BuiltInKinds.Pods, "default", "p", DeleteOptions.None);
        var leaving = _state.Get(BuiltInKinds.Pods, "default", "p");
        Assert.Equal("30", leaving["metadata"]!["deletionGracePeriodSeconds"]!.ToString());
        _state.Delete(BuiltInKinds.Pods, "default", "p", new DeleteOptions(GracePeriodSeconds: 0));
        Assert.Equal(404, Code(() => _state.Get(BuiltInKinds.Pods, "default", "p")));
    }

    [Fact]
    public void Pods_are_selected_by_their_node()
    {
        _state.LoadText("""
            {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {nodeName: n}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {nodeName: m}}
            """);
        var list = _state.List(BuiltInKinds.Pods, new ListOptions(FieldSelector: "spec.nodeName=n"));
        Assert.Equal("a", Assert.Single(list.Items)["metadata"]!["name"]!.ToString());
    }

    [Fact]
    public void A_new_node_is_tainted_and_its_capacity_allocatable()
    {
        _state.LoadText("{apiVersion: v1, kind: Node, metadata: {name: n}, status: {capacity: {cpu: 2}}}");
        var node = _state.Get(BuiltInKinds.Nodes, null, "n");
        Assert.Equal("node.kubernetes.io/not-ready", node["spec"]!["taints"]![0]!["key"]!.ToString());
        Assert.Equal("2", node["status"]!["allocatable"]!["cpu"]!.ToString());
    }

    [Fact]
    public void A_deleted_CRD_takes_its_objects_along()
    {
        _state.LoadText(WidgetObject.Definition);
        _state.LoadText("{apiVersion: test.fabric.cni.dev/v1, kind: Widget, metadata: {name: a}, spec: {size: 3}}");
        using var watch = _state.Watch(Widgets, new ListOptions(ResourceVersion: $"{_state.Revision}"), false);
        _state.Delete(BuiltInKinds.CustomResourceDefinitions, null, "widgets.test.fabric.cni.dev", DeleteOptions.None);
        Assert.True(watch.TryRead(out var gone));
        Assert.Equal("DELETED", gone.Type);
        Assert.Null(_state.Find("test.fabric.cni.dev", "v1", "widgets"));
        _state.LoadText(WidgetObject.Definition);
        Assert.Empty(_state.List(Widgets, new ListOptions()).Items);
    }

    [Theory]
    [InlineData("group: test.fabric.cni.dev", "group: other.example", "metadata.name")]
    [InlineData("storage: true", "storage: false", "spec.versions")]
    [InlineData("type: object\n        required: [spec]", "type: array", "openAPIV3Schema.type")]
    public void A_CRD_that_makes_no_sense_is_invalid(string right, string wrong, string field)
    {
        var text = WidgetObject.Definition.ReplaceLineEndings("\n");
        Assert.Contains(right, text, StringComparison.Ordinal);
        var refused = Assert.Throws<ApiStatusException>(() => _state.LoadText(text.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Equal(422, refused.Code);
        Assert.Contains(field, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watch_that_is_open_outlives_a_compaction()
    {
        using var watch = _state.Watch(BuiltInKinds.ConfigMaps, new ListOptions(ResourceVersion: $"{_state.Revision}"), false);
        Put("a");
        _state.Compact(_state.Revision);
        Put("b");
        Assert.True(watch.TryRead(out var first));
        Assert.True(watch.TryRead(out var second));
        Assert.Equal(("a", "b"), (first.Object["metadata"]!["name"]!.ToString(), second.Object["metadata"]!["name"]!.ToString()));
    }

    [Fact]
    public void Old_versions_go_by_themselves_where_that_is_asked_for()
    {
        _state.MostHistory = 10;
        var old = _state.Revision;
        for (var i = 0; i < 30; i++)
            Put($"m{i}");
        Assert.Equal(410, Code(() => _state.Watch(BuiltInKinds.ConfigMaps, new ListOptions(ResourceVersion: $"{old}"), false)));
        using var recent = _state.Watch(BuiltInKinds.ConfigMaps, new ListOptions(ResourceVersion: $"{_state.Revision - 3}"), false);
        Assert.True(recent.TryRead(out _));
    }

    [Fact]
    public void A_watch_without_a_version_begins_with_what_is_there()
    {
        Put("a");
        using var watch = _state.Watch(BuiltInKinds.ConfigMaps, new ListOptions(), false);
        Assert.True(watch.TryRead(out var first));
        Assert.Equal("ADDED", first.Type);
        Assert.False(watch.TryRead(out _));
    }

    [Fact]
    public void A_dry_run_answers_and_leaves_nothing()
    {
        var before = _state.Revision;
        _state.Create(BuiltInKinds.ConfigMaps, "default", Named("a"), WriteOptions.None with { IsDryRun = true });
        Assert.Equal(before, _state.Revision);
        Assert.Equal(404, Code(() => _state.Get(BuiltInKinds.ConfigMaps, "default", "a")));
    }

    [Fact]
    public void Owners_are_kept_in_managed_fields()
    {
        var map = Named("a");
        map["data"] = new JsonObject { ["x"] = "1" };
        var made = _state.Create(BuiltInKinds.ConfigMaps, "default", map, new WriteOptions("me"));
        var entry = Assert.Single(made["metadata"]!["managedFields"]!.AsArray())!;
        Assert.Equal(("me", "Update"), (entry["manager"]!.ToString(), entry["operation"]!.ToString()));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"f:data":{"f:x":{}}}"""), entry["fieldsV1"]));
    }

    [Fact]
    public void Owners_are_not_kept_where_nobody_asks_for_them()
    {
        var state = ApiState.Start(TimeProvider.System, tracksOwners: false);
        Apply("one", "1");
        Assert.Equal("2", Apply("two", "2")["data"]!["x"]!.ToString());
        Assert.Null(state.Get(BuiltInKinds.ConfigMaps, "default", "a")["metadata"]!["managedFields"]);

        JsonObject Apply(string owner, string value)
        {
            var map = $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"{{{value}}}"}}""";
            var patch = new PatchRequest(PatchRequest.Apply, System.Text.Encoding.UTF8.GetBytes(map));
            return state.Patch(BuiltInKinds.ConfigMaps, "default", "a", patch, null, new WriteOptions(owner)).Object;
        }
    }

    [Fact]
    public void Uids_and_times_are_the_same_in_each_run()
    {
        Put("a");
        var other = ApiState.Start(TimeProvider.System);
        other.Create(BuiltInKinds.ConfigMaps, "default", Named("a"), WriteOptions.None);
        Assert.Equal(Uid(_state), Uid(other));

        static string Uid(ApiState state) => state.Get(BuiltInKinds.ConfigMaps, "default", "a")["metadata"]!["uid"]!.ToString();
    }

    [Theory]
    [InlineData("a: [", "line")]
    [InlineData("- a", "no object")]
    public void A_manifest_that_cannot_be_read_says_where(string text, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => _state.LoadText(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_manifest_of_an_unknown_kind_asks_for_its_CRD() =>
        Assert.Contains("load its CRD first", Assert.Throws<ApiStatusException>(
            () => _state.LoadText("{apiVersion: x/v1, kind: Y, metadata: {name: a}}")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(".a.b", "1")]
    [InlineData(".a['x/y']", "2")]
    [InlineData(".l[1]", "q")]
    [InlineData(".l[*]", "p q")]
    [InlineData(".c[?(@.type==\"B\")].status", "no")]
    [InlineData(".a.none.deeper", "")]
    public void Printer_columns_find_their_values(string path, string shown)
    {
        var value = (JsonObject)JsonNode.Parse("""
            {"a":{"b":1,"x/y":2},"l":["p","q"],"c":[{"type":"A","status":"yes"},{"type":"B","status":"no"}]}
            """)!;
        Assert.Equal(shown, string.Join(' ', PrinterPath.Find(value, path)));
    }

    private ApiKind Widgets => _state.Find("test.fabric.cni.dev", "v1", "widgets")!;

    private void Put(string name) => _state.Create(BuiltInKinds.ConfigMaps, "default", Named(name), WriteOptions.None);

    private static JsonObject Named(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };

    private static int Code(Func<object> request) => Assert.Throws<ApiStatusException>(request).Code;
}
