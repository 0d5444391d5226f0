using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>What a cluster of a run is configured with.</summary>
internal sealed record ClusterShape
{
    /// <summary>Four pods each.</summary>
    public const int NodePrefixLength = 29;

    /// <summary>The range has hardly more blocks than there are nodes, so that freed ones are wanted.</summary>
    public required ImmutableArray<Cidr> ClusterCidrs { get; init; }

    public required StreamRules NewStreams { get; init; }

    public required StreamRules OldStreams { get; init; }

    /// <summary>How much the clocks' speeds differ from the world's at most.</summary>
    public required double Drift { get; init; }

    /// <summary>Of a node's journal, not of the cluster's.</summary>
    public required int SnapshotEvery { get; init; }

    public required TimeSpan LeaseDuration { get; init; }

    public required TimeSpan Quarantine { get; init; }

    public required TimeSpan? RemovalAfter { get; init; }

    public required StoreKind Store { get; init; }

    public static ClusterShape Draw(SimulationRun run, int size, StoreKind store = StoreKind.Contract)
    {
        var bits = 1;
        while (1 << bits <= size)
            bits++;
        var v4 = Cidr.Parse($"10.244.0.0/{NodePrefixLength - bits}");
        var rules = new StreamRules(ClusterEvents.Catalog, run.Random.Pick([3, 10, 1_000]), run.Random.Pick([0, 2, 10]));
        return new ClusterShape
        {
            ClusterCidrs = run.Random.Chance(0.7) ? [v4] : [v4, Cidr.Parse($"2001:db8::/{64 - bits}")],
            OldStreams = rules,
            NewStreams = rules with { Catalog = NextVersion },
            SnapshotEvery = run.Random.Pick([2, 10, HostOptions.DefaultSnapshotEvery]),
            LeaseDuration = TimeSpan.FromSeconds(run.Random.Pick([4, 10])),
            Quarantine = TimeSpan.FromSeconds(run.Random.Between(10, 40)),
            RemovalAfter = run.Random.Chance(run.Rate("removal by time", 1)) ? TimeSpan.FromSeconds(run.Random.Between(1, 15)) : null,
            Store = store,
            Drift = run.Rate("clock drift", 0.01),
        };
    }

    /// <summary>Today's events, one of them in a second version that today's agents don't know.</summary>
    private static EventCatalog NextVersion { get; } =
        ClusterEvents.Catalog.With("member-up/2", ClusterEventJson.Default.MemberUp);
}
