using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>What the stream of the virtual networks says, kept by the test alone and checked with every commit that took effect.</summary>
/// <param name="rest">For how long a block that came back goes to nobody but who held it, by the world's clock.</param>
internal sealed class NetworkLedger(SimulationRun run, TimeSpan rest)
{
    private readonly SortedDictionary<(NetworkName Network, Cidr Block), string> _holders = [];
    private readonly SortedDictionary<(NetworkName Network, Cidr Block), (string Former, TimeSpan Since)> _resting = [];
    private readonly SortedDictionary<(NetworkName Network, IpAddress Address), (string Uid, AttachmentId Attachment)> _claims = [];
    private readonly SortedDictionary<NetworkName, Vni> _networks = [];
    private readonly HashSet<Vni> _given = [];

    /// <summary>By network, the uids that hold a block.</summary>
    public ImmutableSortedSet<string> HoldersOf(NetworkName network) =>
        [.. _holders.Where(h => h.Key.Network == network).Select(h => h.Value)];

    public bool HasNetworks => _networks.Count > 0;

    public bool HasClaims => _claims.Count > 0;

    /// <summary>Whether the address is of a block of this uid, or claimed for this attachment of it.</summary>
    public bool MayGive(NetworkName network, IpAddress address, string uid, AttachmentId attachment) =>
        _holders.Any(h => h.Key.Network == network && h.Key.Block.Contains(address) && h.Value == uid)
        || _claims.TryGetValue((network, address), out var claim) && claim == (uid, attachment);

    public void Record(Append append)
    {
        foreach (var e in append.Events.Select(e => e.Event).OfType<VirtualNetworkEvent>())
            Record(e);
    }

    private void Record(VirtualNetworkEvent e)
    {
        switch (e)
        {
            case VirtualNetworkEvent.NetworkCreated created:
                run.Check(_given.Add(created.Vni), $"VNI {created.Vni} was never given before");
                run.Check(_networks.TryAdd(created.Network, created.Vni), $"network {created.Network} is new");
                break;
            case VirtualNetworkEvent.NetworkDeleted deleted:
                run.Check(HoldersOf(deleted.Network).IsEmpty, $"nobody holds anything of {deleted.Network} when it is deleted");
                _networks.Remove(deleted.Network);
                break;
            case VirtualNetworkEvent.BlocksTaken taken:
                foreach (var block in taken.Blocks)
                    Take(taken.Network, block, taken.NodeUid);
                break;
            case VirtualNetworkEvent.BlocksReturned returned:
                foreach (var block in returned.Blocks)
                {
                    run.Check(_holders.Remove((returned.Network, block), out var holder) && holder == returned.NodeUid,
                        $"{block} of {returned.Network} is {returned.NodeUid}'s to return");
                    _resting[(returned.Network, block)] = (returned.NodeUid, run.Loop.Now);
                }
                break;
            case VirtualNetworkEvent.AddressClaimed claimed:
                run.Check(_claims.TryAdd((claimed.Network, claimed.Address), (claimed.NodeUid, claimed.Attachment)),
                    $"{claimed.Address} of {claimed.Network} is claimed once");
                run.Check(!_holders.Keys.Any(h => h.Network == claimed.Network && h.Block.Contains(claimed.Address)),
                    $"{claimed.Address} of {claimed.Network} is claimed outside of all blocks");
                break;
            case VirtualNetworkEvent.ClaimReleased released:
                run.Check(_claims.Remove((released.Network, released.Address)), $"{released.Address} of {released.Network} was claimed");
                break;
        }
    }

    private void Take(NetworkName network, Cidr block, string uid)
    {
        run.Check(!_holders.Keys.Any(h => h.Network == network && h.Block.Overlaps(block)), $"{block} of {network} is nobody's when {uid} takes it");
        run.Check(!_claims.Keys.Any(c => c.Network == network && block.Contains(c.Address)), $"{block} of {network} holds no claimed address");
        if (_resting.Remove((network, block), out var former) && former.Former != uid)
            run.Check(run.Loop.Now - former.Since >= rest, $"{block} of {network} came back at {former.Since} and rests for {rest}");
        _holders[(network, block)] = uid;
    }
}
