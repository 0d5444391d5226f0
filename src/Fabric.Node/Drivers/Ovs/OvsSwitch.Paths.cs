using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Fabric.Messages;
using Fabric.Ovs.Ovsdb.OpenVSwitch;

namespace Fabric.Node;

/// <summary>Paths to peers, watched by BFD (RFC 5880).</summary>
/// <remarks>
/// A port for each peer, with the encapsulation and the UDP port of the overlay but a VNI of its own: it carries BFD's packets and
/// nothing else, so no flow knows of it, and pods' packets go on through the one tunnel port. Open vSwitch prefers the port with
/// remote_ip and key for what comes in, and that VNI is nobody else's.
/// </remarks>
public sealed partial class OvsSwitch
{
    /// <summary>Three packets lost are a path lost. A node with 1,000 peers sends and gets 1,000 packets of 66 bytes per second.</summary>
    private const int BfdIntervalMilliseconds = 1_000;

    /// <summary>
    /// In one call: Open vSwitch takes some 15 ms for each, one after the other, and a thousand at once would hold pods up for as long.
    /// </summary>
    private const int MostRemoved = 4;

    public ImmutableSortedDictionary<NodeName, PeerPath> Paths => _ports?.Paths ?? ImmutableSortedDictionary<NodeName, PeerPath>.Empty;

    public async Task<bool> WatchPathsAsync(ImmutableArray<WantedPath> paths, CancellationToken cancellationToken)
    {
        var isDone = false;
        await DatabaseAsync($"watch {paths.Length} paths", async db => isDone = await WatchAsync(db, paths, cancellationToken));
        return isDone;
    }

    private async Task<bool> WatchAsync(OpenVSwitchDatabase db, ImmutableArray<WantedPath> paths, CancellationToken cancellationToken)
    {
        Drain();
        var wanted = paths.ToDictionary(p => NameOf(p.Peer).Value, StringComparer.Ordinal);
        var ours = db.View.Interfaces.Values.Where(i => i.ExternalIds.ContainsKey(ExternalIds.Peer)
            && i.ExternalIds.GetValueOrDefault(ExternalIds.Owner) == _bridge!.Bridge).ToArray();
        var kept = ours.Where(i => wanted.TryGetValue(i.Name, out var path) && Fits(i, SpecOf(path, (int)(i.OfPortRequest ?? 0))))
            .ToDictionary(i => i.Name, StringComparer.Ordinal);
        var gone = ours.Select(i => i.Name).Where(n => !kept.ContainsKey(n)).ToArray();
        await db.RemovePortsAsync(_bridge!.Bridge, [.. gone.Take(MostRemoved)], cancellationToken);
        var there = ours.Select(i => i.Name).Except(gone.Take(MostRemoved)).ToHashSet(StringComparer.Ordinal);
        using var numbers = FreeNumbers(ours).GetEnumerator();
        var missing = ImmutableArray.CreateBuilder<PortSpec>();
        foreach (var (name, path) in wanted)
        {
            if (!there.Contains(name) && numbers.MoveNext())
                missing.Add(SpecOf(path, numbers.Current));
        }
        if (missing.Count > 0)
            await db.AddPortsAsync(_bridge.Bridge, missing.ToImmutable(), cancellationToken);
        Drain();
        return gone.Length <= MostRemoved;
    }

    private static IEnumerable<int> FreeNumbers(IEnumerable<InterfaceRow> there)
    {
        var taken = there.Select(i => i.OfPortRequest).ToHashSet();
        for (int number = Bridge.FirstPathOfPort; number <= Messages.OfPort.Max; number++)
        {
            if (!taken.Contains(number))
                yield return number;
        }
    }

    /// <summary><c>fabp</c> and 11 hexadecimal digits of the name's SHA-256: an interface's name has at most 15 characters.</summary>
    private static InterfaceName NameOf(NodeName peer) =>
        new("fabp" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(peer.Value)))[..11]);

    private PortSpec SpecOf(WantedPath path, int ofPort)
    {
        var ids = ImmutableSortedDictionary<string, string>.Empty
            .Add(ExternalIds.Owner, _bridge!.Bridge)
            .Add(ExternalIds.Peer, path.Peer.Value);
        var options = ImmutableSortedDictionary<string, string>.Empty
            .Add("remote_ip", path.Remote.ToString())
            .Add("local_ip", path.Local.ToString())
            .Add("key", Vni.OfPaths.ToString());
        if (_bridge.Overlay != OverlayKind.Gre)
            options = options.Add("dst_port", Text(_bridge.OverlayPort));
        return new PortSpec(NameOf(path.Peer).Value)
        {
            Type = TypeOf(_bridge.Overlay), Options = options, OfPortRequest = ofPort, PortExternalIds = ids, InterfaceExternalIds = ids,
            Bfd = ImmutableSortedDictionary<string, string>.Empty
                .Add("enable", "true").Add("min_rx", Text(BfdIntervalMilliseconds)).Add("min_tx", Text(BfdIntervalMilliseconds)),
        };
    }
}
