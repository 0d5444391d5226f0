using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>Leases: Lease objects (coordination.k8s.io), whose resourceVersion is the version.</summary>
public sealed partial class KubernetesClusterStore
{
    /// <summary>What a lease is taken to last while none is known that says so.</summary>
    private static readonly TimeSpan UsualDuration = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ShortestSilence = TimeSpan.FromSeconds(1);

    /// <summary>How long a watch may take to bring what is there already.</summary>
    private static readonly TimeSpan WatchDelay = TimeSpan.FromSeconds(2);

    private const int LeasesPerPage = 500;

    public async ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var lease = _leases.Encode(name, value, duration, expectedVersion, _time.GetUtcNow());
        // Not a PUT: that would make a Lease which is no longer there (coordination.k8s.io, AllowCreateOnUpdate). A patch that
        // names a resourceVersion takes effect on that one alone.
        return await WriteLeaseAsync(name, async token => KubernetesLeases.Version(expectedVersion == 0
            ? await _api.CreateAsync(LeaseObject.Resource, lease, token)
            : await _api.PatchAsync(LeaseObject.Resource, _names.Namespace, lease.Metadata.Name!, Patch(lease), null, token)),
            cancellationToken);
    }

    /// <remarks>
    /// A deletion's own version is not told by the API. The one after the version that was deleted is never this lease's: the
    /// deletion has used it up, or another object's write.
    /// </remarks>
    public async ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken)
    {
        var exactly = new DeletePreconditions(ResourceVersion: expectedVersion.ToString(CultureInfo.InvariantCulture));
        return await WriteLeaseAsync(name, async token =>
        {
            await _api.DeleteAsync(LeaseObject.Resource, _names.Namespace, _leases.ObjectName(name), exactly, token);
            return expectedVersion + 1;
        }, cancellationToken);
    }

    public async ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken) => await Try(
        $"read leases {prefix}", async token => (await ListLeasesAsync(prefix, token)).Leases, cancellationToken);

    public async IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KubernetesLeaseWatch? watch = null;
        try
        {
            (var leases, watch) = await Try($"watch leases {prefix}", token => ListAndWatchAsync(prefix, token), cancellationToken);
            var (on, silence) = (watch, Silence(leases.Select(l => l.Duration)));
            yield return new LeaseChanges(true, [.. leases.Select(l => new LeaseChange(l.Name, l))]);
            while (true)
            {
                var changes = await Try(
                    $"watch leases {prefix}", token => NextLeasesAsync(on, silence, token), cancellationToken, null);
                silence = Silence(changes.Select(c => c.Lease?.Duration ?? UsualDuration).Append(silence * 2));
                yield return new LeaseChanges(false, changes);
            }
        }
        finally
        {
            if (watch is not null)
                Post(() => Forget(watch));
        }
    }

    private static ApiPatch.Merge Patch(LeaseObject lease) => new(JsonSerializer.SerializeToUtf8Bytes(lease, LeaseObject.Resource.Json));

    private async Task<LeaseOutcome> WriteLeaseAsync(
        string name, Func<CancellationToken, Task<long>> write, CancellationToken cancellationToken)
    {
        try
        {
            return await Run<LeaseOutcome>(async token =>
            {
                try
                {
                    return new LeaseOutcome.Done(await write(token));
                }
                catch (KubernetesException e) when (e.Fault is ApiFault.Conflict or ApiFault.AlreadyExists or ApiFault.NotFound)
                {
                    return new LeaseOutcome.Conflict(await ReadLeaseAsync(name, token));
                }
            }, cancellationToken, LeaseDeadline);
        }
        catch (KubernetesException e)
        {
            return new LeaseOutcome.Unknown(Said(e));
        }
        catch (JournalException e) when (e.IsTransient)
        {
            return new LeaseOutcome.Unknown(e.Message);
        }
    }

    private async Task<Lease?> ReadLeaseAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return KubernetesLeases.Decode(
                await _api.GetAsync(LeaseObject.Resource, _names.Namespace, _leases.ObjectName(name), cancellationToken));
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
        {
            return null;
        }
    }

    private async Task<(ImmutableArray<Lease> Leases, string Version)> ListLeasesAsync(string prefix, CancellationToken cancellationToken)
    {
        var leases = new List<Lease>();
        string? next = null;
        while (true)
        {
            var page = await _api.ListAsync(LeaseObject.Resource, _leases.Query(prefix), LeasesPerPage, next, null, cancellationToken);
            leases.AddRange(page.Items.Select(KubernetesLeases.Decode).OfType<Lease>()
                .Where(l => l.Name.StartsWith(prefix, StringComparison.Ordinal)));
            next = page.Continue;
            if (next is null)
                return ([.. leases.OrderBy(l => l.Name, StringComparer.Ordinal)], page.ResourceVersion);
        }
    }

    private async Task<(ImmutableArray<Lease> Leases, KubernetesLeaseWatch Watch)> ListAndWatchAsync(
        string prefix, CancellationToken cancellationToken)
    {
        var (leases, version) = await ListLeasesAsync(prefix, cancellationToken);
        var watch = new KubernetesLeaseWatch(_api, _leases.Query(prefix), prefix, version);
        watch.Begin(_life.Token);
        _leaseWatches.Add(watch);
        return (leases, watch);
    }

    /// <exception cref="JournalException">The watch was interrupted, or is deaf.</exception>
    private async Task<ImmutableArray<LeaseChange>> NextLeasesAsync(
        KubernetesLeaseWatch watch, TimeSpan silence, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changes = await watch.NextAsync(_time, silence, cancellationToken);
            if (changes.IsEmpty && await HasChangedAsync(watch, cancellationToken))
            {
                // It may be on its way. If it does not come, the connection is dead or the server behind.
                changes = await watch.NextAsync(_time, WatchDelay, cancellationToken);
                if (changes.IsEmpty)
                {
                    throw new JournalException(
                        $"watch leases {watch.Prefix}", "there is news of leases that the watch did not bring", isTransient: true);
                }
            }
            if (!changes.IsEmpty)
                return changes;
        }
    }

    // Whoever watches leases takes silence for death, so silence is looked into: one list of what is watched.
    private async Task<bool> HasChangedAsync(KubernetesLeaseWatch watch, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(WatchDelay, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            var (leases, _) = await ListLeasesAsync(watch.Prefix, both.Token);
            return leases.Any(l => l.Version > watch.Seen);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new JournalException($"watch leases {watch.Prefix}", "the API server does not answer", isTransient: true);
        }
    }

    private void Forget(KubernetesLeaseWatch watch)
    {
        _leaseWatches.RemoveAll(w => w == watch || w.Running.IsCompleted);
        watch.Dispose();
    }

    /// <summary>Half of the shortest duration: long enough for any renewal to come, short enough to tell before expiry.</summary>
    private static TimeSpan Silence(IEnumerable<TimeSpan> durations)
    {
        var shortest = durations.Where(d => d > TimeSpan.Zero).DefaultIfEmpty(UsualDuration).Min();
        return shortest / 2 > ShortestSilence ? shortest / 2 : ShortestSilence;
    }
}
