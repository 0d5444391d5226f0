using System.Collections.Immutable;
using System.Globalization;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Network objects that a test makes and deletes, in an API that may not answer; each holder follows them by its own.</summary>
internal sealed class NetworkObjects
{
    private readonly List<Follower> _followers = [];
    private ImmutableSortedDictionary<NetworkName, Stored> _stored = ImmutableSortedDictionary<NetworkName, Stored>.Empty;
    private int _writes;

    /// <param name="Kept">Whether it has Fabric's finalizer.</param>
    public sealed record Stored(
        NetworkName Name, string Uid, int Version, long Generation, NetworkWish Wish, bool IsDeleted, bool Kept, NetworkReport? Report);

    /// <summary>Whether objects can be read and written.</summary>
    public bool IsReachable { get; set; } = true;

    /// <summary>Whether a status can be written.</summary>
    public bool TakesStatus { get; set; } = true;

    public int StatusWrites { get; private set; }

    public Stored? this[NetworkName name] => _stored.GetValueOrDefault(name);

    public INetworkObjects Follow()
    {
        var follower = new Follower(this);
        _followers.Add(follower);
        return follower;
    }

    /// <summary>Makes the object, or changes what it asks for.</summary>
    public void Put(NetworkName name, NetworkWish wish)
    {
        var old = this[name];
        Become(old is null
            ? new Stored(name, string.Create(CultureInfo.InvariantCulture, $"object-{_writes}"), 0, 1, wish, false, false, null)
            : old with { Wish = wish, Generation = old.Generation + 1 });
    }

    public void Delete(NetworkName name)
    {
        if (this[name] is { } there)
            Become(there with { IsDeleted = true, Generation = there.Generation + 1 });
    }

    public void Hear()
    {
        foreach (var follower in _followers)
            follower.Hear();
    }

    private void Become(Stored changed)
    {
        var version = ++_writes;
        _stored = changed.IsDeleted && !changed.Kept
            ? _stored.Remove(changed.Name)
            : _stored.SetItem(changed.Name, changed with { Version = version });
        Hear();
    }

    private sealed class Follower(NetworkObjects objects) : INetworkObjects
    {
        private readonly ChangeSignal _work = new();
        private ImmutableSortedDictionary<NetworkName, NetworkSighting>? _seen;
        private ImmutableSortedDictionary<string, NetworkAnswer> _answers = ImmutableSortedDictionary<string, NetworkAnswer>.Empty;
        private bool _runs;

        public ChangeSignal Changed { get; } = new();

        public ImmutableSortedDictionary<NetworkName, NetworkSighting>? Look() => _seen;

        public void Answer(ImmutableSortedDictionary<string, NetworkAnswer> answers)
        {
            _answers = answers;
            _work.Raise();
        }

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            _runs = true;
            Hear();
            try
            {
                while (true)
                {
                    var seen = _work.Count;
                    foreach (var stored in objects.IsReachable ? objects._stored.Values.ToList() : [])
                        Write(stored);
                    await _work.WaitAsync(seen, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                (_runs, _seen) = (false, null);
            }
        }

        public void Hear()
        {
            if (!_runs || !objects.IsReachable)
                return;
            _seen = objects._stored.Values.ToImmutableSortedDictionary(s => s.Name, s => new NetworkSighting(s.Name, s.Uid,
                s.Version.ToString(CultureInfo.InvariantCulture), s.Generation, s.IsDeleted, s.Kept, s.Wish, s.Report?.Vni));
            Changed.Raise();
            _work.Raise();
        }

        private void Write(Stored stored)
        {
            if (!_answers.TryGetValue(stored.Uid, out var answer) || answer.IsKept && stored.IsDeleted && !stored.Kept)
                return;
            if (answer.IsKept != stored.Kept)
                objects.Become(stored with { Kept = answer.IsKept });
            else if (answer.Report is { } report && objects.TakesStatus
                && report.Generation == stored.Generation && report != stored.Report)
            {
                objects.StatusWrites++;
                objects.Become(stored with { Report = report });
            }
        }
    }
}
