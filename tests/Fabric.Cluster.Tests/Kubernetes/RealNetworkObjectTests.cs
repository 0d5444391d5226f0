using System.Collections.Immutable;
using Fabric.Cluster.Kubernetes;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Network objects at a real API server: what it lets pass, what it shows, and how they go.</summary>
[Collection(SharedKubernetes.Users)]
public sealed class RealNetworkObjectTests : IAsyncLifetime
{
    private static readonly NetworkName Name = new("real-blue");

    private readonly CancellationTokenSource _term = new();
    private readonly List<string> _troubles = [];
    private Kubernetes.KubernetesApi? _api;
    private KubernetesNetworkObjects? _objects;
    private Task _run = Task.CompletedTask;

    public Task InitializeAsync()
    {
        if (LabKubernetes.Missing is not null)
            return Task.CompletedTask;
        SharedKubernetes.Server.Apply(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "crds", "networks.yaml")));
        _api = Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: SharedKubernetes.Server.AdminKubeconfig), TimeProvider.System, () => 0.5);
        _objects = new KubernetesNetworkObjects(_api, TimeProvider.System, _troubles.Add);
        _run = _objects.RunAsync(_term.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _term.Cancel();
        await _run;
        _api?.Dispose();
    }

    [SkippableFact]
    public async Task An_object_is_kept_shown_never_changed_and_let_go()
    {
        Skip.If(LabKubernetes.Missing is not null, LabKubernetes.Missing);
        Apply("10.8.0.0/24");
        var seen = await Until(s => s is { Wish.Fault: null });
        Assert.Equal("10.8.0.0/24 (gateway 10.8.0.1, blocks of /26)", Assert.Single(seen!.Wish.Subnets).ToString());
        Answer(seen, new NetworkAnswer(IsKept: true, null));
        seen = await Until(s => s is { IsKept: true });
        // Until the network is made the spec can be put right.
        Apply("10.9.0.0/24, fd09::/64");
        seen = await Until(s => s is { Wish.Subnets.Length: 2 });
        Answer(seen!, new NetworkAnswer(true, new NetworkReport(seen!.Generation, new Vni(4096),
            [.. seen.Wish.Subnets.Select(s => s.Cidr)], 3, true, "Created", "network real-blue has VNI 4096")));
        seen = await Until(s => s is { ShownVni.Value: 4096 });
        var table = Kubectl("get", "fnet", Name.Value).Split('\n');
        Assert.Equal(["NAME", "VNI", "SUBNETS", "READY", "AGE"], table[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["real-blue", "4096", "[\"10.9.0.0/24\",\"fd09::/64\"]", "True"],
            table[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..4]);
        var refused = Assert.Throws<LabException>(() => Apply("10.7.0.0/24"));
        Assert.Contains("never changed", refused.Message, StringComparison.Ordinal);
        Kubectl("label", "networks.fabric.cni.dev", Name.Value, "team=a");
        Kubectl("delete", "networks.fabric.cni.dev", Name.Value, "--wait=false");
        seen = await Until(s => s is { IsDeleted: true, IsKept: true });
        Answer(seen!, new NetworkAnswer(IsKept: false, null));
        await Until(s => s is null);
        Assert.Empty(_troubles);
    }

    [SkippableTheory]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("""[{"cidr": "10.9.0.0"}]""")]
    [InlineData("""[{"cidr": "10.9.0.0/24", "gateway": "first"}]""")]
    [InlineData("""[{"cidr": "10.9.0.0/24"}, {"cidr": "10.8.0.0/24"}, {"cidr": "fd09::/64"}]""")]
    [InlineData("""[{"cidr": "10.9.0.0/24", "blockPrefixLength": 0}]""")]
    public void A_spec_that_cannot_mean_a_network_is_refused_at_once(string subnets)
    {
        Skip.If(LabKubernetes.Missing is not null, LabKubernetes.Missing);
        var refused = Assert.Throws<LabException>(() => SharedKubernetes.Server.Apply($$$"""
            {"apiVersion": "fabric.cni.dev/v1alpha1", "kind": "Network", "metadata": {"name": "real-red"}, "spec": {"subnets": {{{subnets}}}}}
            """));
        Assert.Contains("spec.subnets", refused.Message, StringComparison.Ordinal);
    }

    private static void Apply(string cidrs) => SharedKubernetes.Server.Apply($$$"""
        {"apiVersion": "fabric.cni.dev/v1alpha1", "kind": "Network", "metadata": {"name": "{{{Name}}}"},
         "spec": {"subnets": [{{{string.Join(", ", cidrs.Split(", ").Select(c => $"{{\"cidr\": \"{c}\"}}"))}}}]}}
        """);

    private static string Kubectl(params string[] arguments) => SharedKubernetes.Server.Kubectl(arguments);

    private void Answer(NetworkSighting seen, NetworkAnswer answer) => _objects!.Answer(
        ImmutableSortedDictionary.Create<string, NetworkAnswer>(StringComparer.Ordinal).Add(seen.ObjectUid, answer));

    private async Task<NetworkSighting?> Until(Func<NetworkSighting?, bool> isTrue)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var count = _objects!.Changed.Count;
            if (_objects.Look() is { } all && all.GetValueOrDefault(Name) is var seen && isTrue(seen))
                return seen;
            await _objects.Changed.WaitAsync(count, deadline.Token);
        }
    }
}
