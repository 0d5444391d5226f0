using System.Collections.Immutable;
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

    public TimeSpan Quarantine { get; init; } = TimeSpan.FromMinutes(10);

    public static ClusterShape Draw(SimulationRun run, int size)
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
            Drift = run.Rate("clock drift", 0.01),
        };
    }

    /// <summary>Today's events, one of them in a second version that today's agents don't know.</summary>
    private static EventCatalog NextVersion { get; } =
        ClusterEvents.Catalog.With("member-up/2", ClusterEventJson.Default.MemberUp);
}
