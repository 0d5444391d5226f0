using System.Text;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Contracts;

public abstract partial class KubernetesApiContract
{
    [SkippableFact]
    public async Task An_apply_creates_what_is_not_there_and_changes_nothing_the_second_time()
    {
        var made = await Apply("one", """{"size":4,"name":"abc"}""");
        Assert.Equal((4, "abc", "red"), (made.Spec!.Size, made.Spec.Name, made.Spec.Color));
        Assert.Equal(made.Metadata.ResourceVersion, (await Apply("one", """{"size":4,"name":"abc"}""")).Metadata.ResourceVersion);
    }

    [SkippableFact]
    public async Task An_apply_of_what_another_owner_set_otherwise_is_a_conflict_unless_it_is_forced()
    {
        await Apply("one", """{"size":4,"name":"abc"}""");
        await Fails(ApiFault.Conflict, () => Apply("two", """{"size":5}"""));
        Assert.Equal(4, (await Get("a")).Spec!.Size);
        var forced = await Apply("two", """{"size":5}""", force: true);
        Assert.Equal((5, "abc"), (forced.Spec!.Size, forced.Spec.Name));
        await Fails(ApiFault.Conflict, () => Apply("one", """{"size":4,"name":"abc"}"""));
    }

    [SkippableFact]
    public async Task A_field_that_its_owner_no_longer_applies_goes_unless_another_one_owns_it_too()
    {
        await Apply("one", """{"size":4,"name":"abc","tags":["x"],"notes":{"a":"1","b":"2"}}""");
        await Apply("two", """{"size":4,"notes":{"b":"2"}}""");
        var less = await Apply("one", """{"tags":["y"]}""");
        Assert.Equal((4, null), (less.Spec!.Size, less.Spec.Name));
        Assert.Equal(["b"], less.Spec.Notes!.Keys);
        Assert.Equal(["y"], less.Spec.Tags!.Value.AsEnumerable());
    }

    [SkippableFact]
    public async Task What_another_one_has_patched_is_a_conflict_for_the_next_apply()
    {
        await Apply("one", """{"size":4}""");
        await Merge("a", """{"spec":{"size":5}}""");
        await Fails(ApiFault.Conflict, () => Apply("one", """{"size":4}"""));
        Assert.Equal(5, (await Apply("one", """{"size":5}""")).Spec!.Size);
    }

    [SkippableFact]
    public async Task An_apply_of_the_status_creates_nothing_and_owns_single_conditions()
    {
        await Fails(ApiFault.NotFound, () => Judge("one", """{"phase":"good"}"""));
        await Widget("a");
        await Judge("one", """{"phase":"good","conditions":[{"type":"A","status":"True"}]}""");
        var judged = await Judge("two", """{"conditions":[{"type":"B","status":"False"}]}""");
        Assert.Equal("good A=True B=False", Shown(judged));
        judged = await Judge("one", """{"phase":"good"}""");
        Assert.Equal("good B=False", Shown(judged));
        Assert.Equal(3, judged.Spec!.Size);

        Task<WidgetObject> Judge(string owner, string status) => Send(owner, $$$""" "status":{{{status}}} """, "status", false);
        static string Shown(WidgetObject widget) =>
            string.Join(' ', [widget.Status!.Phase!, .. widget.Status.Conditions?.Select(c => $"{c.Type}={c.Status}") ?? []]);
    }

    [SkippableFact]
    public async Task An_apply_that_names_an_old_version_is_a_conflict_also_if_it_is_forced()
    {
        var old = (await Apply("one", """{"size":4}""")).Metadata.ResourceVersion;
        await Apply("one", """{"size":5}""");
        await Fails(ApiFault.Conflict, () => Send("one", """ "spec":{"size":6} """, null, true, $$$""","resourceVersion":"{{{old}}}" """));
    }

    private Task<WidgetObject> Apply(string owner, string spec, bool force = false) =>
        Send(owner, $$$""" "spec":{{{spec}}} """, null, force);

    private Task<WidgetObject> Send(string owner, string content, string? subresource, bool force, string metadata = "")
    {
        var version = WidgetObject.Resource.ApiVersion;
        var body = $$$"""{"apiVersion":"{{{version}}}","kind":"Widget","metadata":{"name":"a"{{{metadata}}}},{{{content}}}}""";
        var patch = new ApiPatch.Apply(Encoding.UTF8.GetBytes(body), owner, force);
        return Api.PatchAsync(WidgetObject.Resource, Namespace, "a", patch, subresource, default);
    }
}
