using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster.Kubernetes;

/// <summary>The cluster's Network objects, by way of the Kubernetes API. For one term: made, run once, and left.</summary>
/// <remarks>Used on one loop.</remarks>
/// <param name="report">Told, in a sentence, of what fails, and once when it goes on failing.</param>
public sealed class KubernetesNetworkObjects(IKubernetesApi api, TimeProvider time, Action<string> report) : INetworkObjects
{
    private readonly Informer<NetworkObject, NetworkObject> _objects = new(
        api, NetworkObject.Resource, ObjectQuery.All, o => o, time, report);

    private readonly NetworkObjectWriter _writer = new(api, time, report);
    private readonly ChangeSignal _answered = new();
    private ImmutableSortedDictionary<string, NetworkAnswer> _answers = ImmutableSortedDictionary<string, NetworkAnswer>.Empty;
    private ImmutableSortedDictionary<ObjectKey, NetworkObject>? _taken;
    private ImmutableSortedDictionary<NetworkName, NetworkSighting>? _sightings;

    public ChangeSignal Changed => _objects.Changed;

    public ImmutableSortedDictionary<NetworkName, NetworkSighting>? Look()
    {
        if (!_objects.HasSynced)
            return null;
        if (!ReferenceEquals(_taken, _objects.Objects))
        {
            _taken = _objects.Objects;
            _sightings = _taken.Values.Select(Sighting).ToImmutableSortedDictionary(s => s.Name, s => s);
        }
        return _sightings;
    }

    public void Answer(ImmutableSortedDictionary<string, NetworkAnswer> answers)
    {
        _answers = answers;
        _answered.Raise();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_objects.RunAsync(cancellationToken), WriteAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    // Whatever changes in the objects is answered anew, so the answers alone are waited for.
    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = _answered.Count;
            var next = await _writer.WriteAsync(_objects.Objects.Values, _answers, cancellationToken);
            // What fails is not hurried by what changes meanwhile.
            if (_writer.IsInTrouble)
                await Task.Delay(next!.Value, time, cancellationToken);
            else
                await WaitAsync(seen, next, cancellationToken);
        }
    }

    private async Task WaitAsync(long seen, TimeSpan? atMost, CancellationToken cancellationToken)
    {
        // Timers count whole milliseconds; rounded down, one would fire just before the moment that it is for.
        var due = atMost is { } left ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : Timeout.InfiniteTimeSpan;
        await using var timer = time.CreateTimer(_ => _answered.Raise(), null, due, Timeout.InfiniteTimeSpan);
        await _answered.WaitAsync(seen, cancellationToken);
    }

    // Names of objects are DNS names (RFC 1123), which are fit to be names of networks.
    private static NetworkSighting Sighting(NetworkObject stored) => new(
        new NetworkName(stored.Metadata.Name!),
        stored.Metadata.Uid!,
        stored.Metadata.ResourceVersion!,
        stored.Metadata.Generation ?? 0,
        stored.Metadata.DeletionTimestamp is not null,
        stored.Metadata.Finalizers?.Contains(NetworkObjectChange.Finalizer) == true,
        NetworkSpecReader.Read(stored.Spec),
        stored.Status?.Vni is >= Vni.Min and <= Vni.Max and var vni ? new Vni((uint)vni) : null);
}
