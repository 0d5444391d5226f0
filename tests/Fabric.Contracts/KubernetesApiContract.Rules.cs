using System.Text;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Contracts;

public abstract partial class KubernetesApiContract
{
    private static readonly DateTimeOffset Moment = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    [SkippableTheory]
    [InlineData("""{}""", "spec.size")]
    [InlineData("""{"size":"3"}""", "spec.size")]
    [InlineData("""{"size":0}""", "spec.size")]
    [InlineData("""{"size":1001}""", "spec.size")]
    [InlineData("""{"size":3,"color":"green"}""", "spec.color")]
    [InlineData("""{"size":3,"name":"ABC"}""", "spec.name")]
    [InlineData("""{"size":3,"name":"a"}""", "spec.name")]
    [InlineData("""{"size":3,"name":"abcdef"}""", "spec.name")]
    [InlineData("""{"size":3,"tags":["a","b","c","d"]}""", "spec.tags")]
    [InlineData("""{"size":3,"tags":[1]}""", "spec.tags[0]")]
    [InlineData("""{"size":3,"notes":{"a":1}}""", "spec.notes.a")]
    [InlineData("""{"size":3,"port":true}""", "spec.port")]
    public async Task What_breaks_the_schema_is_invalid_and_named(string spec, string field)
    {
        await Widget("a");
        var failure = await Fails(ApiFault.Invalid, () => Operations("a", $$$"""[{"op":"replace","path":"/spec","value":{{{spec}}}}]"""));
        Assert.Contains(field + ":", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsSurelyUndone);
    }

    [SkippableFact]
    public async Task A_rule_of_the_schema_is_asked_of_each_write_and_with_what_was_there_before()
    {
        await Fails(ApiFault.Invalid, () => Api.CreateAsync(
            WidgetObject.Resource, Sample("a") with { Spec = new WidgetSpec(3, Serial: 3) }, default));
        var made = await Api.CreateAsync(WidgetObject.Resource, Sample("a") with { Spec = new WidgetSpec(3, Serial: 5) }, default);
        var failure = await Fails(ApiFault.Invalid, () => Put(made with { Spec = new WidgetSpec(3, Serial: 4) }));
        Assert.Contains("spec: Invalid value: \"object\": serials only rise", failure.Message, StringComparison.Ordinal);
        await Fails(ApiFault.Invalid, () => Merge("a", """{"spec":{"serial":null}}"""));
        Assert.Equal(6, (await Put(made with { Spec = new WidgetSpec(3, Serial: 6) })).Spec!.Serial);
    }

    [SkippableFact]
    public async Task Fields_that_the_schema_does_not_have_are_dropped_and_defaults_filled_in()
    {
        await Widget("a");
        var patched = await Merge("a", """{"junk":1,"spec":{"junk":{"a":1},"port":"http","free":{"any":{"thing":[1]}}}}""");
        Assert.Equal("free port", string.Join(' ', patched.Spec!.Others!.Keys.Order(StringComparer.Ordinal)));
        Assert.Equal(1, patched.Spec.Others["free"].GetProperty("any").GetProperty("thing")[0].GetInt32());
        Assert.Equal("red", patched.Spec.Color);
    }

    [SkippableFact]
    public async Task A_leases_times_keep_six_digits_of_a_second()
    {
        var time = Moment.AddTicks(1_234_560);
        var made = await Api.CreateAsync(LeaseObject.Resource,
            new LeaseObject(new ObjectMeta("a", Namespace), new LeaseSpec("me", 15, time, time.AddTicks(7), 0)), default);
        Assert.Equal(time, made.Spec!.AcquireTime);
        // Ticks of 100 ns are cut, not refused: the seam writes what the server takes.
        Assert.Equal(time, made.Spec.RenewTime);
    }

    [SkippableTheory]
    [InlineData("""{"spec":{"renewTime":"2026-03-04T05:06:07Z"}}""")]
    [InlineData("""{"spec":{"renewTime":"2026-03-04T05:06:07.1234567Z"}}""")]
    [InlineData("""{"spec":{"leaseDurationSeconds":"15"}}""")]
    [InlineData("""{"spec":{"leaseDurationSeconds":0}}""")]
    [InlineData("""{"spec":{"leaseTransitions":-1}}""")]
    public async Task A_lease_that_makes_no_sense_is_invalid(string patch)
    {
        // In a creation or a PUT, what cannot be read at all is a bad request instead.
        await Lease("a", "me");
        var merge = new ApiPatch.Merge(Encoding.UTF8.GetBytes(patch));
        await Fails(ApiFault.Invalid, () => Api.PatchAsync(LeaseObject.Resource, Namespace, "a", merge, null, default));
    }

    [SkippableFact]
    public async Task An_event_about_an_object_of_another_namespace_is_invalid()
    {
        var said = Said(new InvolvedObject("v1", "Pod", "p", Namespace));
        var made = await Api.CreateAsync(EventObject.Resource, said, default);
        Assert.Equal(Moment, made.LastTimestamp);
        var astray = Said(new InvolvedObject("v1", "Pod", "p", "default")) with { Metadata = new ObjectMeta("b", Namespace) };
        await Fails(ApiFault.Invalid, () => Api.CreateAsync(EventObject.Resource, astray, default));

        EventObject Said(InvolvedObject about) => new(new ObjectMeta("a", Namespace), about, "Failed", "because", "Warning",
            new EventSource("fabric", "node-a"), Moment, Moment, 1, "fabric.cni.dev/agent", "node-a");
    }

    [SkippableFact]
    public async Task A_node_keeps_the_status_that_it_is_created_with_and_a_replacement_does_not_change_it()
    {
        var made = await Api.CreateAsync(NodeObject.Resource, new NodeObject(new ObjectMeta(Namespace), new NodeSpec(["10.1.0.0/24"]),
            new NodeStatus([new NodeAddress("InternalIP", "192.0.2.1")])), default);
        Assert.Equal("192.0.2.1", Assert.Single(made.Status!.Addresses!.Value).Address);
        Assert.Null(made.Metadata.Generation);
        var put = await Api.ReplaceAsync(NodeObject.Resource, made with { Status = null }, null, default);
        Assert.Equal("192.0.2.1", Assert.Single(put.Status!.Addresses!.Value).Address);
        await Api.DeleteAsync(NodeObject.Resource, null, Namespace, null, default);
    }
}
