using System.Text;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Contracts;

public abstract partial class KubernetesApiContract
{
    [SkippableFact]
    public async Task A_JSON_patch_is_done_in_order()
    {
        await Widget("a");
        var patched = await Operations("a", """
            [{"op":"test","path":"/spec/size","value":3},{"op":"replace","path":"/spec/size","value":4},
             {"op":"add","path":"/spec/tags","value":["b"]},{"op":"add","path":"/spec/tags/0","value":"a"},
             {"op":"add","path":"/spec/tags/-","value":"c"},{"op":"remove","path":"/spec/tags/1"},
             {"op":"add","path":"/metadata/labels","value":{"x/y":"1"}},{"op":"replace","path":"/metadata/labels/x~1y","value":"2"},
             {"op":"copy","from":"/spec/color","path":"/spec/text"},{"op":"move","from":"/spec/text","path":"/spec/name"}]
            """);
        Assert.Equal(4, patched.Spec!.Size);
        Assert.Equal(["a", "c"], patched.Spec.Tags!.Value.AsEnumerable());
        Assert.Equal("2", patched.Metadata.Labels!["x/y"]);
        Assert.Equal((null, "red"), (patched.Spec.Text, patched.Spec.Name));
    }

    [SkippableTheory]
    [InlineData("""[{"op":"replace","path":"/spec/size","value":5},{"op":"test","path":"/spec/size","value":3}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/size","value":5},{"op":"test","path":"/metadata/resourceVersion","value":"1"}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/size","value":5},{"op":"remove","path":"/spec/text"}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/size","value":5},{"op":"add","path":"/spec/free/deep","value":1}]""")]
    public async Task A_JSON_patch_whose_test_fails_or_that_cannot_be_done_is_invalid_and_changes_nothing(string operations)
    {
        // kube-apiserver says 422 for a failing test, as for any other operation: who wants a conflict puts the version in.
        await Widget("a");
        await Fails(ApiFault.Invalid, () => Operations("a", operations));
        Assert.Equal(3, (await Get("a")).Spec!.Size);
    }

    [SkippableFact]
    public async Task A_merge_patch_merges_and_null_removes()
    {
        await Api.CreateAsync(WidgetObject.Resource,
            Sample("a") with { Spec = new WidgetSpec(3, Name: "abc", Tags: ["a"], Notes: Labels("x", "1")) }, default);
        var patched = await Merge("a", """
            {"spec":{"name":null,"tags":["b","c"],"notes":{"y":"2"},"color":null},"status":{"phase":"ignored"}}
            """);
        Assert.Equal((3, null, "red"), (patched.Spec!.Size, patched.Spec.Name, patched.Spec.Color));
        Assert.Equal(["b", "c"], patched.Spec.Tags!.Value.AsEnumerable());
        Assert.Equal("1 2", string.Join(' ', patched.Spec.Notes!.Values));
        Assert.Null(patched.Status);
    }

    [SkippableFact]
    public async Task A_patch_that_names_an_old_version_is_a_conflict_and_one_that_names_another_uid_is_invalid()
    {
        var old = (await Widget("a")).Metadata.ResourceVersion;
        await Merge("a", """{"spec":{"size":4}}""");
        await Fails(ApiFault.Conflict, () => Merge("a", $$$"""{"metadata":{"resourceVersion":"{{{old}}}"},"spec":{"size":5}}"""));
        await Fails(ApiFault.Invalid, () => Merge("a", """{"metadata":{"uid":"another"},"spec":{"size":5}}"""));
        await Fails(ApiFault.NotFound, () => Merge("b", """{"spec":{"size":5}}"""));
        await Fails(ApiFault.BadRequest, () => Merge("a", """{"spec":"""));
        Assert.Equal(4, (await Get("a")).Spec!.Size);
    }

    [SkippableFact]
    public async Task A_patch_of_the_status_leaves_the_rest_alone()
    {
        await Widget("a");
        var judged = await Merge("a", """{"spec":{"size":9},"status":{"phase":"good"}}""", "status");
        Assert.Equal((3, "good"), (judged.Spec!.Size, judged.Status!.Phase));
        var again = await Operations("a", """
            [{"op":"replace","path":"/status/phase","value":"bad"},{"op":"replace","path":"/spec/size","value":9}]
            """, "status");
        Assert.Equal((3, "bad"), (again.Spec!.Size, again.Status!.Phase));
    }

    [SkippableFact]
    public async Task A_nodes_conditions_are_merged_by_their_type_and_its_taints_replaced()
    {
        var name = Namespace;
        await Api.CreateAsync(NodeObject.Resource, new NodeObject(new ObjectMeta(name)), default);
        await Node("""
            {"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"NetworkUnavailable","status":"True","reason":"NoRoute"}]}}
            """, "status");
        var node = await Node("""
            {"status":{"conditions":[{"type":"NetworkUnavailable","status":"False"}],"capacity":{"a.b/br":"1k"}}}
            """, "status");
        Assert.Equal(2, node.Status!.Conditions!.Value.Length);
        Assert.Equal("False", node.Status.Conditions.Value.Single(c => c.Type == "NetworkUnavailable").Status);
        Assert.Equal("NoRoute", node.Status.Conditions.Value.Single(c => c.Type == "NetworkUnavailable").Reason);
        Assert.Equal("1k", node.Status.Capacity!["a.b/br"]);
        await Node("""{"spec":{"taints":[{"key":"a","effect":"NoSchedule"},{"key":"b","effect":"NoExecute"}]}}""");
        await Fails(ApiFault.Invalid, () => Node("""{"spec":{"taints":[{"key":"a","$patch":"delete"}]}}"""));
        node = await Node("""{"spec":{"taints":[{"key":"b","effect":"NoExecute"}]},"status":{"capacity":{"a.b/br":"5"}}}""");
        Assert.Equal("b", Assert.Single(node.Spec!.Taints!.Value).Key);
        Assert.Equal("1k", node.Status!.Capacity!["a.b/br"]);
        await Api.DeleteAsync(NodeObject.Resource, null, name, null, default);

        Task<NodeObject> Node(string json, string? subresource = null) =>
            Api.PatchAsync(NodeObject.Resource, null, name, new ApiPatch.Strategic(Encoding.UTF8.GetBytes(json)), subresource, default);
    }

    [SkippableFact]
    public async Task Custom_kinds_know_no_strategic_merge()
    {
        await Widget("a");
        await Fails(ApiFault.BadRequest, () => Api.PatchAsync(
            WidgetObject.Resource, Namespace, "a", new ApiPatch.Strategic("""{"spec":{"size":4}}"""u8.ToArray()), null, default));
    }

    private Task<WidgetObject> Operations(string name, string json, string? subresource = null) =>
        Api.PatchAsync(WidgetObject.Resource, Namespace, name, new ApiPatch.Operations(Encoding.UTF8.GetBytes(json)), subresource, default);
}
