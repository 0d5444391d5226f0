using System.Collections.Immutable;

namespace Fabric.Cluster.Kubernetes;

/// <summary>Brings Network objects to say what they are to say, and leaves alone what says it already.</summary>
/// <remarks>
/// Each write is of the version that was read. After a conflict the newest is read and compared again, so that a write
/// whose answer was lost is found done. Used on one loop.
/// </remarks>
internal sealed class NetworkObjectWriter(IKubernetesApi api, TimeProvider time, Action<string> report)
{
    /// <summary>Numbers of nodes change with every pod that is a node's first or last.</summary>
    private static readonly TimeSpan MinorEvery = TimeSpan.FromSeconds(10);

    /// <summary>After a failure; doubled up to <see cref="MaxRetryAfter"/>.</summary>
    private static readonly TimeSpan MinRetryAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(30);

    private const int MaxAttempts = 3;

    // By uid.
    private readonly Dictionary<string, Written> _written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Declined> _declined = new(StringComparer.Ordinal);
    private TimeSpan _retryAfter = MinRetryAfter;
    private string? _trouble;

    /// <summary>What an object became, which the watch brings later.</summary>
    /// <param name="From">The version that was written to.</param>
    /// <param name="At">A reading of the clock's timestamp.</param>
    private sealed record Written(string? From, NetworkObject Object, NetworkAnswer Answer, Type Change, long At);

    /// <summary>What the API server would not take, for reasons that are this object's alone.</summary>
    private sealed record Declined(string? Version, NetworkAnswer Answer, string Why, long At);

    /// <summary>Whether the last pass ended early, because the API server did not answer.</summary>
    public bool IsInTrouble { get; private set; }

    /// <returns>When there is something left to write; null: at the next change.</returns>
    public async Task<TimeSpan?> WriteAsync(IEnumerable<NetworkObject> objects,
        ImmutableSortedDictionary<string, NetworkAnswer> answers, CancellationToken cancellationToken)
    {
        foreach (var uid in _written.Keys.Concat(_declined.Keys).Except(objects.Select(o => o.Metadata.Uid!), StringComparer.Ordinal).ToList())
        {
            _written.Remove(uid);
            _declined.Remove(uid);
        }
        IsInTrouble = false;
        TimeSpan? next = null;
        string? trouble = null;
        foreach (var stored in objects)
        {
            if (!answers.TryGetValue(stored.Metadata.Uid!, out var answer))
                continue;
            if (_declined.GetValueOrDefault(stored.Metadata.Uid!) is { } before && RestOf(before, stored, answer) is { } rest)
            {
                (trouble, next) = (trouble ?? before.Why, Sooner(next, rest));
                continue;
            }
            try
            {
                next = Sooner(next, await WriteAsync(stored, answer, cancellationToken));
            }
            catch (KubernetesException e) when (e.IsTransient)
            {
                // The others would only wait for the same deadline.
                (trouble, next, IsInTrouble) = (Trouble(stored, e), e.RetryAfter ?? _retryAfter, true);
                break;
            }
            catch (KubernetesException e)
            {
                trouble ??= Trouble(stored, e);
                _declined[stored.Metadata.Uid!] = new Declined(
                    stored.Metadata.ResourceVersion, answer, Trouble(stored, e), time.GetTimestamp());
                next = Sooner(next, MaxRetryAfter);
            }
        }
        _retryAfter = IsInTrouble ? Sooner(_retryAfter * 2, MaxRetryAfter)!.Value : MinRetryAfter;
        if (trouble is not null && trouble != _trouble)
            report(trouble);
        _trouble = trouble;
        return next;
    }

    private static string Trouble(NetworkObject stored, KubernetesException e) =>
        $"network {stored.Metadata.Name} can't be told what became of it: {e.Message}";

    /// <summary>For how long the same is not tried again; null: it may be.</summary>
    private TimeSpan? RestOf(Declined before, NetworkObject stored, NetworkAnswer answer) =>
        before.Version == stored.Metadata.ResourceVersion && before.Answer == answer
        && MaxRetryAfter - time.GetElapsedTime(before.At) is var left && left > TimeSpan.Zero
            ? left
            : null;

    private async Task<TimeSpan?> WriteAsync(NetworkObject seen, NetworkAnswer answer, CancellationToken cancellationToken)
    {
        var uid = seen.Metadata.Uid!;
        var written = _written.GetValueOrDefault(uid);
        var stored = written is not null && written.From == seen.Metadata.ResourceVersion ? written.Object : seen;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (NetworkObjectChange.Of(stored, answer, time.GetUtcNow()) is not { } change || IsInVain(written, stored, answer, change))
                return null;
            if (change is NetworkObjectChange.Status { IsMinor: true } && written is not null
                && MinorEvery - time.GetElapsedTime(written.At) is var left && left > TimeSpan.Zero)
                return left;
            try
            {
                stored = await WriteAsync(stored, change, cancellationToken);
                _written[uid] = written = new Written(seen.Metadata.ResourceVersion, stored, answer, change.GetType(), time.GetTimestamp());
            }
            catch (KubernetesException e) when (e.Fault is ApiFault.Conflict)
            {
                if (await NewestAsync(stored, cancellationToken) is not { } newest)
                    return null;
                stored = newest;
            }
            catch (KubernetesException e) when (e.Fault is ApiFault.NotFound)
            {
                // It went meanwhile; the watch will say so.
                return null;
            }
        }
        return MinRetryAfter;
    }

    /// <summary>The API server keeps of a write what its schema has; the same once more would come to no more.</summary>
    private static bool IsInVain(Written? written, NetworkObject stored, NetworkAnswer answer, NetworkObjectChange change) =>
        written is not null && written.Object.Metadata.ResourceVersion == stored.Metadata.ResourceVersion
        && written.Answer == answer && written.Change == change.GetType();

    private Task<NetworkObject> WriteAsync(NetworkObject stored, NetworkObjectChange change, CancellationToken cancellationToken) =>
        change switch
        {
            NetworkObjectChange.Finalizers finalizers =>
                api.PatchAsync(NetworkObject.Resource, null, stored.Metadata.Name!, finalizers.Patch, null, cancellationToken),
            NetworkObjectChange.Status status => api.ReplaceAsync(NetworkObject.Resource, status.Object, "status", cancellationToken),
            _ => throw new System.Diagnostics.UnreachableException(change.ToString()),
        };

    /// <returns>Null if it is gone, also if another one has its name now.</returns>
    private async Task<NetworkObject?> NewestAsync(NetworkObject stored, CancellationToken cancellationToken)
    {
        try
        {
            var newest = await api.GetAsync(NetworkObject.Resource, null, stored.Metadata.Name!, cancellationToken);
            return newest.Metadata.Uid == stored.Metadata.Uid ? newest : null;
        }
        catch (KubernetesException e) when (e.Fault is ApiFault.NotFound)
        {
            return null;
        }
    }

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;
}
