using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Bench;

/// <summary>Nodes that exist as leases in the store only, as their agents would write them.</summary>
internal sealed class MadeUpPeers(int count)
{
    private readonly long[] _versions = new long[count];

    /// <summary>The first of the VTEPs of one generation; the others follow it. 198.18.0.0/15 is for benchmarks (RFC 2544).</summary>
    public static uint FirstVtep(int generation) => 0xC612_0001u + (uint)generation * 0x1_0000u;

    /// <summary>Writes each peer's lease: generation 0 joins, and each further one is a restart with another VTEP address.</summary>
    public async Task WriteAsync(string clusterFile, int generation)
    {
        await using var store = SqliteClusterStore.Open(clusterFile, "default", TimeProvider.System);
        for (var i = 0; i < count; i++)
        {
            var vtep = IpAddress.V4(FirstVtep(generation) + (uint)i);
            var node = new NodeName($"peer-{i}");
            var record = new NodeLeaseRecord(
                node, $"uid-{i}", generation + 1, [vtep], [vtep], "0.1.0", ClusterEvents.Catalog.Level, NodeLeaseState.Up);
            var outcome = await store.PutLeaseAsync(
                NodeLeaseRecord.LeaseName(node), record.Encode(), TimeSpan.FromHours(1), _versions[i], default);
            _versions[i] = outcome is LeaseOutcome.Done done
                ? done.Version
                : throw new InvalidOperationException($"the lease of {node} could not be written: {outcome}");
        }
    }
}
