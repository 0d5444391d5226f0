using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// The Network objects' part of a round: what they ask for becomes commands of the virtual networks, and each is told the outcome.
/// </summary>
/// <remarks>Nothing here waits for Kubernetes: objects are those that were seen, and answers are written on a loop of their own.</remarks>
internal sealed partial class SingletonWork
{
    // By the object's uid.
    private readonly Dictionary<string, Vni> _made = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Refusal> _refused = new(StringComparer.Ordinal);

    /// <param name="SequenceNr">The networks' last event at that time: before another one the answer would be the same.</param>
    private sealed record Refusal(long Generation, bool IsDeleted, long SequenceNr, Rejection Reason)
    {
        public bool IsOf(NetworkSighting seen) => (Generation, IsDeleted) == (seen.Generation, seen.IsDeleted);
    }

    /// <summary>Follows the Network objects until cancelled; and then returns.</summary>
    public Task WatchNetworkObjectsAsync(CancellationToken cancellationToken) => _networkObjects is null
        ? Quiet.Delay(Timeout.InfiniteTimeSpan, _writer.Time, cancellationToken)
        : Task.WhenAll(_networkObjects.RunAsync(cancellationToken), WakeAsync(_networkObjects.Changed, cancellationToken));

    private async Task<TimeSpan?> CarryOutNetworkObjectsAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        if (_networkObjects?.Look() is not { } objects)
            return null;
        Forget(_made, objects.Values);
        Forget(_refused, objects.Values);
        // The default network's name and VNI are nobody else's.
        var (reserved, defaultVni) = (_settings.Meshes.Select(m => m.Network).ToImmutableArray(), _settings.Meshes[0].Vni);
        foreach (var seen in objects.Values.Where(o => o.IsKept))
        {
            var isRefused = _refused.GetValueOrDefault(seen.ObjectUid) is { } before && before.IsOf(seen)
                && before.SequenceNr == _networks.SequenceNr;
            if (isRefused || VerdictOn(seen).Command(defaultVni, reserved) is not { } command)
                continue;
            switch (await _networks.AskAsync(command, CorrelationId.None, cancellationToken, seen.Ref))
            {
                case AskResult.Replied { Reply: var reply }:
                    _refused.Remove(seen.ObjectUid);
                    if (reply is VirtualNetworks.Reply.Created created)
                        _made[seen.ObjectUid] = created.Vni;
                    break;
                case AskResult.Rejected rejected:
                    _refused[seen.ObjectUid] = new Refusal(seen.Generation, seen.IsDeleted, _networks.SequenceNr, rejected.Reason);
                    break;
                case var other:
                    return Failed(other, faults);
            }
        }
        return null;
    }

    private void AnswerNetworkObjects()
    {
        if (_networkObjects?.Look() is not { } objects)
            return;
        var answers = ImmutableSortedDictionary.CreateBuilder<string, NetworkAnswer>(StringComparer.Ordinal);
        foreach (var seen in objects.Values)
        {
            // First the finalizer: a network that was made for an object that nobody sees go would stay forever.
            if (!seen.IsKept && !seen.IsDeleted)
                answers.Add(seen.ObjectUid, new NetworkAnswer(IsKept: true, null));
            else if (seen.IsKept)
                answers.Add(seen.ObjectUid, VerdictOn(seen).Answer(
                    _refused.GetValueOrDefault(seen.ObjectUid) is { } refusal && refusal.IsOf(seen) ? refusal.Reason : null));
        }
        _networkObjects.Answer(answers.ToImmutable());
    }

    private NetworkVerdict VerdictOn(NetworkSighting seen) =>
        new(seen, _networks.State, _made.TryGetValue(seen.ObjectUid, out var vni) ? vni : null);

    private static void Forget<T>(Dictionary<string, T> what, IEnumerable<NetworkSighting> present)
    {
        foreach (var uid in what.Keys.Except(present.Select(o => o.ObjectUid), StringComparer.Ordinal).ToList())
            what.Remove(uid);
    }
}
