using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>A Kubernetes API with Network objects, as agents reach it: requests take virtual time, fail, and end as unknown.</summary>
internal sealed class SimulatedKubernetes
{
    private static readonly TimeSpan Slowest = TimeSpan.FromMilliseconds(50);

    private readonly SimulationRun _run;
    private readonly ApiState _state;
    private readonly List<SimulatedKubernetesApi> _clients = [];
    private readonly double _requestLost;
    private readonly double _answerLost;
    private bool _isBroken;

    public SimulatedKubernetes(SimulationRun run)
    {
        _run = run;
        _state = ApiState.Start(run.Loop.Time);
        _state.LoadText(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "crds", "networks.yaml")));
        _requestLost = run.Rate("kubernetes: request lost", 0.2);
        _answerLost = run.Rate("kubernetes: answer lost", 0.2);
    }

    /// <summary>Whether no request gets through.</summary>
    public bool IsDown { get; set; }

    public IKubernetesPart Open(SimulatedProcess process)
    {
        var random = process.Loop.Random.Fork();
        var client = new SimulatedKubernetesApi(_state)
        {
            Before = (request, cancellationToken) => PassAsync(process, random, request, isSurelyUndone: true, _requestLost, cancellationToken),
            After = (request, cancellationToken) => PassAsync(process, random, request, isSurelyUndone: false, _answerLost, cancellationToken),
        };
        _clients.Add(client);
        return new Part(client, process);
    }

    public void Break() => _isBroken = true;

    public void Heal() => (_isBroken, IsDown) = (false, false);

    public void BreakWatches(ApiFault? fault)
    {
        foreach (var client in _clients)
            client.BreakWatches(fault);
    }

    public void Put(NetworkName network, NetworkSubnet subnet) => _state.LoadText($$$"""
        {"apiVersion": "fabric.cni.dev/v1alpha1", "kind": "Network", "metadata": {"name": "{{{network}}}"},
         "spec": {"subnets": [{"cidr": "{{{subnet.Cidr}}}", "gateway": "{{{subnet.Gateway}}}",
                   "excluded": [{{{string.Join(", ", subnet.Excluded.Select(e => $"\"{e}\""))}}}],
                   "blockPrefixLength": {{{subnet.BlockPrefixLength}}}}]}}
        """);

    public void Delete(NetworkName network) => _state.Delete(Kind, null, network.Value, DeleteOptions.None);

    public bool Has(NetworkName network) => Find(network) is not null;

    /// <summary>The object's condition as <c>True Created</c>, or what is there instead.</summary>
    public string Say(NetworkName network) => Find(network) is not { } there
        ? "no object"
        : there["status"]?["conditions"]?[0] is { } ready ? $"{ready["status"]} {ready["reason"]}" : "no condition";

    private ApiKind Kind => _state.Find("fabric.cni.dev", "v1alpha1", "networks")!;

    private JsonObject? Find(NetworkName network) =>
        _state.List(Kind, new ListOptions()).Items.FirstOrDefault(o => o["metadata"]!["name"]!.ToString() == network.Value);

    private async Task PassAsync(SimulatedProcess process, SeededRandom random, ApiRequest request, bool isSurelyUndone, double lost,
        CancellationToken cancellationToken)
    {
        await Task.Delay(random.UpTo(Slowest), process.Time, cancellationToken);
        if (!IsDown && !(_isBroken && random.Chance(lost)))
            return;
        process.Note($"kubernetes: {request} {(isSurelyUndone ? "does not get through" : "is not answered")}");
        throw new KubernetesException(request.ToString(), ApiFault.Unreachable, "no answer", isSurelyUndone);
    }

    /// <summary>Nobody watches Node objects here: machines come and go by their leases.</summary>
    private sealed class Part(IKubernetesApi api, SimulatedProcess process) : IKubernetesPart, INodeObjects
    {
        public ChangeSignal Changed { get; } = new();

        public Task<string> ObjectUidAsync(CancellationToken cancellationToken) => Task.FromResult($"object of {process.Name}");

        public INodeObjects FollowNodes() => this;

        public INetworkObjects FollowNetworks() => new KubernetesNetworkObjects(api, process.Time, process.Note);

        public ImmutableSortedDictionary<NodeName, NodeSighting>? Look() => null;

        public Task<bool?> IsDeletedAsync(NodeName node, string objectUid, CancellationToken cancellationToken) => Task.FromResult<bool?>(null);

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            try
            {
                await Changed.WaitAsync(Changed.Count, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
            }
        }
    }
}
