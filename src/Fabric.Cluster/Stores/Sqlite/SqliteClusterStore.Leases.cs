using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>Leases: a deleted one stays as a version without value, so that watchers learn of the deletion.</summary>
public sealed partial class SqliteClusterStore
{
    private readonly SqliteStatement _lease;
    private readonly SqliteStatement _leases;
    private readonly SqliteStatement _nextLeaseVersion;
    private readonly SqliteStatement _leaseVersion;
    private readonly SqliteStatement _putLease;

    public ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return Write(() => WriteLease(name, duration, value, expectedVersion), Unknown, cancellationToken);
    }

    public ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken) =>
        Write(() => WriteLease(name, TimeSpan.Zero, null, expectedVersion), Unknown, cancellationToken);

    public async ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken)
    {
        var changes = await Read(() => ChangesSince(prefix, 0), cancellationToken);
        return [.. changes.Select(c => c.Lease).OfType<Lease>()];
    }

    public async IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var known = -1L;
        while (true)
        {
            var seen = _changed.Count;
            var since = Math.Max(known, 0);
            // The counter first: what is written in between has a higher version and comes again, which does no harm.
            var (version, changes) = await Read(
                () => (_leaseVersion.Scalar() ?? 0, ChangesSince(prefix, since)), cancellationToken);
            if (known < 0)
                yield return new LeaseChanges(true, [.. changes.Where(c => c.Lease is not null)]);
            else if (!changes.IsEmpty)
                yield return new LeaseChanges(false, changes);
            known = version;
            await _changed.WaitAsync(seen, cancellationToken);
        }
    }

    private static LeaseOutcome Unknown(string reason) => new LeaseOutcome.Unknown(reason);

    private LeaseOutcome WriteLease(string name, TimeSpan duration, ReadOnlyMemory<byte>? value, long expectedVersion)
    {
        var current = Current(name);
        if ((current?.Version ?? 0) != expectedVersion)
            return new LeaseOutcome.Conflict(current);
        var version = _nextLeaseVersion.Scalar()
            ?? throw new JournalException(_connection.Path, "it has no lease counter", isTransient: false);
        _putLease.Bind(1, _prefix + name).Bind(2, version).Bind(3, (long)duration.TotalMilliseconds);
        if (value is { } bytes)
            _putLease.BindPinned(4, bytes);
        else
            _putLease.BindNull(4);
        _putLease.Run();
        return new LeaseOutcome.Done(version);
    }

    private Lease? Current(string name)
    {
        try
        {
            return _lease.Bind(1, _prefix + name).Step() ? LeaseIn(_lease) : null;
        }
        finally
        {
            _lease.Reset();
        }
    }

    private ImmutableArray<LeaseChange> ChangesSince(string prefix, long version)
    {
        var changes = ImmutableArray.CreateBuilder<LeaseChange>();
        try
        {
            _leases.Bind(1, _prefix + prefix).Bind(2, version);
            while (_leases.Step())
                changes.Add(new LeaseChange(NameIn(_leases), LeaseIn(_leases)));
            return changes.ToImmutable();
        }
        finally
        {
            _leases.Reset();
        }
    }

    private string NameIn(SqliteStatement row) => row.Text(0)[_prefix.Length..];

    private Lease? LeaseIn(SqliteStatement row) => row.IsNull(3)
        ? null
        : new Lease(NameIn(row), row.Int64(1), TimeSpan.FromMilliseconds(row.Int64(2)), row.Utf8(3).ToArray());
}
