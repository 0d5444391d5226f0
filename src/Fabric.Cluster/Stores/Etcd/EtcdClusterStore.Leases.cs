using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>
/// Leases: plain keys, whose mod revision is the version (docs/decisions/0010-etcd-leases-are-plain-keys.md).
/// </summary>
public sealed partial class EtcdClusterStore
{
    /// <summary>What a lease is taken to last while none is known that says so.</summary>
    private static readonly TimeSpan UsualDuration = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ShortestSilence = TimeSpan.FromSeconds(1);

    public async ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var put = new EtcdOperation(RequestPut: new EtcdPut(_keys.Lease(name), EtcdRecords.EncodeLease(value, duration)));
        return await Run(token => WriteLeaseAsync(name, put, expectedVersion, token), cancellationToken);
    }

    public async ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken)
    {
        var delete = new EtcdOperation(RequestDeleteRange: new EtcdDelete(_keys.Lease(name)));
        return await Run(token => WriteLeaseAsync(name, delete, expectedVersion, token), cancellationToken);
    }

    public async ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken) => await Try(
        $"read leases {prefix}", async token => (await ListAsync(prefix, token)).Leases, cancellationToken);

    public async IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        EtcdLeaseWatch? watch = null;
        try
        {
            (var leases, watch) = await Try($"watch leases {prefix}", token => ListAndWatchAsync(prefix, token), cancellationToken);
            var (on, silence) = (watch, Silence(leases.Select(l => l.Duration)));
            yield return new LeaseChanges(true, [.. leases.Select(l => new LeaseChange(l.Name, l))]);
            while (true)
            {
                var changes = await Try($"watch leases {prefix}", token => NextLeasesAsync(prefix, on, silence, token), cancellationToken);
                silence = Silence(changes.Select(c => c.Lease?.Duration ?? UsualDuration).Append(silence * 2));
                yield return new LeaseChanges(false, changes);
            }
        }
        finally
        {
            if (watch is not null)
                Post(() => _watches.RemoveLeases(watch));
        }
    }

    private async Task<LeaseOutcome> WriteLeaseAsync(
        string name, EtcdOperation write, long expectedVersion, CancellationToken cancellationToken)
    {
        var key = _keys.Lease(name);
        try
        {
            var answer = await _client.TxnAsync(new EtcdTxn(
                [write], [new EtcdCompare(key, expectedVersion)], [new EtcdOperation(RequestRange: new EtcdRange(key))]), cancellationToken);
            if (answer.Succeeded)
                return new LeaseOutcome.Done(answer.Header!.Revision);
            return new LeaseOutcome.Conflict(
                answer.Responses?[0].ResponseRange?.Kvs is [var row, ..] ? EtcdRecords.DecodeLease(name, row) : null);
        }
        catch (EtcdException e)
        {
            return new LeaseOutcome.Unknown(e.Message);
        }
    }

    private async Task<(ImmutableArray<Lease> Leases, long Revision)> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var answer = await _client.RangeAsync(new EtcdRange(_keys.Lease(prefix), _keys.LeasesEnd(prefix)), cancellationToken);
        return ([.. (answer.Kvs ?? []).Select(row => EtcdRecords.DecodeLease(_keys.LeaseName(row.Key!), row))], answer.Header!.Revision);
    }

    private async Task<(ImmutableArray<Lease> Leases, EtcdLeaseWatch Watch)> ListAndWatchAsync(string prefix, CancellationToken cancellationToken)
    {
        var (leases, revision) = await ListAsync(prefix, cancellationToken);
        return (leases, _watches.AddLeases(_keys.Lease(prefix), _keys.LeasesEnd(prefix), revision + 1, _life.Token));
    }

    /// <exception cref="EtcdException">The watch is deaf.</exception>
    private async Task<ImmutableArray<LeaseChange>> NextLeasesAsync(
        string prefix, EtcdLeaseWatch watch, TimeSpan silence, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changes = await watch.Watch.NextAsync(_time, silence, cancellationToken);
            if (changes is { IsEmpty: true } && await HasChangedAsync(prefix, watch, cancellationToken))
            {
                // It may be on its way. If it does not come, the connection is dead or the member behind the others.
                changes = await watch.Watch.NextAsync(_time, AttemptDeadline, cancellationToken);
                if (changes is { IsEmpty: true })
                {
                    const string Deaf = "there is news of leases that the watch did not bring";
                    watch.Feed.Restart(Deaf);
                    throw new EtcdException(_client.Current, Deaf, 0, isSurelyUndone: true);
                }
            }
            if (changes is not { } news)
                throw new JournalException($"watch leases {prefix}", "etcd no longer has what came next", isTransient: true);
            if (!news.IsEmpty)
                return [.. news.Select(Change)];
        }
    }

    // Whoever watches leases takes silence for death, so silence is looked into: one small request.
    private async Task<bool> HasChangedAsync(string prefix, EtcdLeaseWatch watch, CancellationToken cancellationToken)
    {
        var answer = await _client.RangeAsync(new EtcdRange(_keys.Lease(prefix), _keys.LeasesEnd(prefix), Limit: 1,
            MinModRevision: watch.Feed.NextRevision, KeysOnly: true), cancellationToken);
        return answer.Kvs is { Length: > 0 };
    }

    private LeaseChange Change(EtcdEvent e)
    {
        var name = _keys.LeaseName(e.Kv!.Key!);
        return new LeaseChange(name, e.IsDelete ? null : EtcdRecords.DecodeLease(name, e.Kv));
    }

    /// <summary>Half of the shortest duration: long enough for any renewal to come, short enough to tell before expiry.</summary>
    private static TimeSpan Silence(IEnumerable<TimeSpan> durations)
    {
        var shortest = durations.Where(d => d > TimeSpan.Zero).DefaultIfEmpty(UsualDuration).Min();
        return shortest / 2 > ShortestSilence ? shortest / 2 : ShortestSilence;
    }
}
