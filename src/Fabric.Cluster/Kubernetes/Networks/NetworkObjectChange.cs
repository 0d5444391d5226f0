using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Cluster.Kubernetes;

/// <summary>What is to be written to a Network object so that it says what it is to say; one thing at a time.</summary>
internal abstract record NetworkObjectChange
{
    /// <summary>Keeps a deleted object until its network is gone.</summary>
    public const string Finalizer = "fabric.cni.dev/network";

    private const string Ready = "Ready";

    private NetworkObjectChange()
    {
    }

    /// <summary>The finalizers of the very version that was read.</summary>
    public sealed record Finalizers(ApiPatch Patch) : NetworkObjectChange;

    /// <param name="IsMinor">Nothing but a number that may change often.</param>
    public sealed record Status(NetworkObject Object, bool IsMinor) : NetworkObjectChange;

    /// <returns>Null if it says it already, or if it has changed since and is to be judged anew first.</returns>
    public static NetworkObjectChange? Of(NetworkObject stored, NetworkAnswer answer, DateTimeOffset now)
    {
        ImmutableArray<string> finalizers = stored.Metadata.Finalizers ?? [];
        if (finalizers.Contains(Finalizer) != answer.IsKept)
        {
            // What is on its way out can get no finalizer any more.
            return answer.IsKept && stored.Metadata.DeletionTimestamp is not null
                ? null
                : new Finalizers(PatchOf(stored, answer.IsKept ? finalizers.Add(Finalizer) : finalizers.Remove(Finalizer)));
        }
        if (answer.Report is not { } report || report.Generation != stored.Metadata.Generation)
            return null;
        var old = stored.Status ?? new NetworkStatus();
        var status = StatusOf(report, old.Conditions ?? [], now);
        return IsSame(status, old)
            ? null
            : new Status(stored with { Status = status }, IsMinor: IsSame(status, old with { Nodes = status.Nodes }));
    }

    private static NetworkStatus StatusOf(NetworkReport report, ImmutableArray<ObjectCondition> conditions, DateTimeOffset now)
    {
        var status = report.IsReady ? "True" : "False";
        var old = conditions.FirstOrDefault(c => c.Type == Ready);
        var since = old?.Status == status && old.LastTransitionTime is { } then ? then : now;
        var ready = new ObjectCondition(Ready, status, report.Reason, report.Message, since);
        ImmutableArray<ObjectCondition> all = [.. conditions.Where(c => c.Type != Ready), ready];
        // Nothing stands where there is nothing, so that it is nothing in a table too.
        return report.Vni is { } vni
            ? new NetworkStatus(report.Generation, vni.Value, [.. report.Subnets.Select(s => s.ToString())], report.Nodes, all)
            : new NetworkStatus(report.Generation, Conditions: all);
    }

    private static bool IsSame(NetworkStatus a, NetworkStatus b) =>
        (a.Subnets ?? []).SequenceEqual(b.Subnets ?? [])
        && (a.Conditions ?? []).SequenceEqual(b.Conditions ?? [])
        && a == b with { Subnets = a.Subnets, Conditions = a.Conditions };

    private static ApiPatch.Merge PatchOf(NetworkObject stored, ImmutableArray<string> finalizers)
    {
        var metadata = new ObjectMeta(ResourceVersion: stored.Metadata.ResourceVersion, Finalizers: finalizers);
        return new(JsonSerializer.SerializeToUtf8Bytes(new MetadataPatch(metadata), KubernetesJson.Default.MetadataPatch));
    }
}
