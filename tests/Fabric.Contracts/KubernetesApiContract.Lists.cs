using Fabric.Cluster.Kubernetes;

namespace Fabric.Contracts;

public abstract partial class KubernetesApiContract
{
    private ObjectQuery Here => new(Namespace);

    [SkippableFact]
    public async Task A_list_is_in_the_order_of_names_and_at_a_version_of_its_own()
    {
        foreach (var name in new[] { "b", "a-1", "a", "a.b" })
            await Widget(name);
        var last = await Get("a.b");
        var list = await List(Here, 0);
        Assert.Equal(["a", "a-1", "a.b", "b"], Names(list));
        Assert.Null(list.Continue);
        Assert.True(long.Parse(list.ResourceVersion) >= long.Parse(last.Metadata.ResourceVersion!));
    }

    [SkippableFact]
    public async Task Pages_show_the_objects_as_they_were_at_the_first_page()
    {
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
            await Widget(name);
        var first = await List(Here, 2);
        Assert.Equal(["a", "b"], Names(first));
        await Api.DeleteAsync(WidgetObject.Resource, Namespace, "c", null, default);
        await Widget("bb");
        await Merge("d", """{"spec":{"size":9}}""");
        var second = await List(Here, 2, first.Continue);
        Assert.Equal(["c", "d"], Names(second));
        Assert.Equal(3, second.Items[1].Spec!.Size);
        Assert.Equal(first.ResourceVersion, second.ResourceVersion);
        var third = await List(Here, 2, second.Continue);
        Assert.Equal(["e"], Names(third));
        Assert.Null(third.Continue);
        Assert.Equal(["a", "b", "bb", "d", "e"], Names(await List(Here, 0)));
    }

    [SkippableFact]
    public async Task A_page_after_a_compaction_is_expired()
    {
        foreach (var name in new[] { "a", "b", "c" })
            await Widget(name);
        var first = await List(Here, 2);
        await Widget("d");
        await CompactAsync();
        await Fails(ApiFault.Expired, () => List(Here, 2, first.Continue));
        Assert.Equal(4, (await List(Here, 0)).Items.Length);
    }

    [SkippableFact]
    public async Task Labels_select()
    {
        await Widget("a", labels: Labels("tier", "x"));
        await Widget("b", labels: Labels("tier", "y"));
        await Widget("c");
        Assert.Equal(["a"], await Selected("tier=x"));
        Assert.Equal(["b", "c"], await Selected("tier!=x"));
        Assert.Equal(["a", "b"], await Selected("tier"));
        Assert.Equal(["c"], await Selected("!tier"));
        Assert.Equal(["a", "b"], await Selected("tier in (x, y)"));
        Assert.Equal(["b", "c"], await Selected("tier notin (x)"));
        Assert.Equal(["b"], await Selected("tier,tier!=x"));
        await Fails(ApiFault.BadRequest, () => Selected("tier==="));

        async Task<IEnumerable<string>> Selected(string labels) => Names(await List(Here with { LabelSelector = labels }, 0));
    }

    [SkippableFact]
    public async Task Names_select_and_unknown_fields_are_refused()
    {
        await Widget("a");
        await Widget("b");
        Assert.Equal(["b"], Names(await List(Here with { FieldSelector = "metadata.name=b" }, 0)));
        Assert.Equal(["a"], Names(await List(Here with { FieldSelector = "metadata.name!=b" }, 0)));
        await Fails(ApiFault.BadRequest, () => List(Here with { FieldSelector = "spec.size=3" }, 0));
    }

    [SkippableFact]
    public async Task A_list_of_all_namespaces_has_those_of_each()
    {
        await Widget("a", labels: Labels("test", Namespace));
        var list = await List(new ObjectQuery(LabelSelector: $"test={Namespace}"), 0);
        Assert.Equal((Namespace, "a"), (Assert.Single(list.Items).Metadata.Namespace, list.Items[0].Metadata.Name));
    }

    [SkippableFact]
    public async Task A_list_from_the_cache_ignores_limit_and_order()
    {
        // resourceVersion "0" is answered from the watch cache, whole and in no order: whoever pages must not ask for it.
        foreach (var name in new[] { "a", "b", "c" })
            await Widget(name);
        ObjectPage<WidgetObject> list;
        do
        {
            // The cache may lag behind.
            list = await Api.ListAsync(WidgetObject.Resource, Here, 2, null, "0", default);
        }
        while (list.Items.Length < 3 && list.Continue is null);
        Assert.Equal(["a", "b", "c"], Names(list).Order(StringComparer.Ordinal));
        Assert.Null(list.Continue);
    }

    private Task<ObjectPage<WidgetObject>> List(ObjectQuery query, int limit, string? continueFrom = null) =>
        Api.ListAsync(WidgetObject.Resource, query, limit, continueFrom, null, default);

    private static IEnumerable<string> Names(ObjectPage<WidgetObject> page) => page.Items.Select(item => item.Metadata.Name!);
}
