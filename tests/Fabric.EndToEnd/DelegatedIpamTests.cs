using System.Text.Json.Nodes;

namespace Fabric.EndToEnd;

/// <summary>Addresses from the reference plugin host-local, which the binary runs on the host.</summary>
public sealed class DelegatedIpamTests(CniLab lab) : IClassFixture<CniLab>
{
    /// <summary>The newest that the packaged plugin speaks.</summary>
    private const string Version = "1.0.0";

    [SkippableFact]
    public Task Add_check_and_del_are_forwarded_to_the_plugin() => TestAsync(async (leases, extra) =>
    {
        using var pod = lab.First.NewPod();
        var added = (await (pod.Call("ADD") with { CniVersion = Version, Extra = extra }).RunAsync()).MustSucceed();
        Assert.Equal("10.244.0.200", added.Address);
        Assert.Equal("10.244.0.1", added.Json["ips"]![0]!["gateway"]!.GetValue<string>());
        Assert.Contains("10.244.0.200/24", pod.Namespace.Ip("address", "show", "eth0"), StringComparison.Ordinal);
        Assert.Contains("default via 10.244.0.1", pod.Namespace.Ip("route"), StringComparison.Ordinal);
        Assert.Equal(["10.244.0.200"], leases());
        Assert.True(pod.Pings("10.244.0.1"));
        (await (pod.Call("CHECK") with { CniVersion = Version, Extra = extra, PrevResult = added.Json }).RunAsync()).MustSucceed();
        (await (pod.Call("DEL") with { CniVersion = Version, Extra = extra }).RunAsync()).MustSucceed();
        Assert.Empty(leases());
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task Check_fails_with_the_plugin() => TestAsync(async (leases, extra) =>
    {
        using var pod = lab.First.NewPod();
        var added = (await (pod.Call("ADD") with { CniVersion = Version, Extra = extra }).RunAsync()).MustSucceed();
        (await pod.Call("DEL").RunAsync()).MustSucceed();
        // Without ipam in its configuration that DEL left the lease, and a second one still gives it back.
        Assert.NotEmpty(leases());
        (await (pod.Call("CHECK") with { CniVersion = Version, Extra = extra, PrevResult = added.Json }).RunAsync()).MustFail(3);
        (await (pod.Call("DEL") with { CniVersion = Version, Extra = extra }).RunAsync()).MustSucceed();
        Assert.Empty(leases());
    });

    [SkippableFact]
    public Task The_lease_is_undone_if_the_rest_fails() => TestAsync(async (leases, extra) =>
    {
        using var pod = lab.First.NewPod();
        pod.Namespace.Ip("link", "add", "eth0", "type", "bridge");
        (await (pod.Call("ADD") with { CniVersion = Version, Extra = extra }).RunAsync()).MustFail(104);
        Assert.Empty(leases());
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task The_plugins_own_refusal_reaches_the_runtime() => TestAsync(async (leases, extra) =>
    {
        var full = extra.Replace("\"rangeStart\"", "\"rangeEnd\":\"10.244.0.200\",\"rangeStart\"", StringComparison.Ordinal);
        using var first = lab.First.NewPod();
        using var second = lab.First.NewPod();
        (await (first.Call("ADD") with { CniVersion = Version, Extra = full }).RunAsync()).MustSucceed();
        var refused = await (second.Call("ADD") with { CniVersion = Version, Extra = full }).RunAsync();
        Assert.False(refused.Succeeded);
        Assert.Contains("host-local", refused.Message, StringComparison.Ordinal);
        Assert.Contains("correlation ", refused.Details, StringComparison.Ordinal);
        Assert.Equal(["10.244.0.200"], leases());
        (await (first.Call("DEL") with { CniVersion = Version, Extra = full }).RunAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task A_retry_while_the_first_attempt_runs_joins_it_and_its_lease() => TestAsync(async (leases, extra) =>
    {
        using var pod = lab.First.NewPod();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => (pod.Call("ADD") with { CniVersion = Version, Extra = extra }).RunAsync()));
        Assert.All(answers, a => a.MustSucceed());
        Assert.Single(answers.Select(a => a.Stdout).Distinct());
        Assert.Equal([answers[0].Address], leases());
        (await (pod.Call("DEL") with { CniVersion = Version, Extra = extra }).RunAsync()).MustSucceed();
        Assert.Empty(leases());
    });

    [SkippableFact]
    public Task A_del_while_the_plugin_runs_leaves_no_lease() => TestAsync(async (leases, extra) =>
    {
        for (var round = 0; round < 10; round++)
        {
            using var pod = lab.First.NewPod();
            using var add = (pod.Call("ADD") with { CniVersion = Version, Extra = extra }).Start();
            Moments.Pass(TimeSpan.FromMilliseconds(round * 3));
            (await (pod.Call("DEL") with { CniVersion = Version, Extra = extra }).RunAsync()).MustSucceed();
            if ((await CniCall.ReadAsync(add)).Succeeded)
                (await (pod.Call("DEL") with { CniVersion = Version, Extra = extra }).RunAsync()).MustSucceed();
            Assert.Empty(leases());
            await Leaks.MustBeExactlyAsync(lab.First);
        }
    });

    /// <param name="body">Gets a reader of the plugin's leases and the configuration that asks for it.</param>
    private Task TestAsync(Func<Func<string[]>, string, Task> body) => lab.TestAsync(async () =>
    {
        Skip.If(!File.Exists("/usr/lib/cni/host-local"), "the reference plugin host-local is not installed");
        var folder = Directory.CreateTempSubdirectory("fab-t-ipam").FullName;
        try
        {
            var extra = new JsonObject
            {
                ["ipam"] = new JsonObject
                {
                    ["type"] = "host-local",
                    ["dataDir"] = folder,
                    ["ranges"] = new JsonArray(new JsonArray(
                        new JsonObject { ["subnet"] = "10.244.0.0/24", ["rangeStart"] = "10.244.0.200", ["gateway"] = "10.244.0.1" })),
                    ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
                },
            };
            await body(() => Leases(folder), extra.ToJsonString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    private static string[] Leases(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(Path.GetFileName).OfType<string>()
            .Where(f => f.StartsWith("10.", StringComparison.Ordinal)),
    ];
}
