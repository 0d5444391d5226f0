using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Each attachment holds at most one address of the pool; each address has at most one holder.</summary>
public sealed class AddressPool : IEntity<AddressPool.State>
{
    public const string PersistenceKind = "pool";

    /// <summary>Network address, gateway and host identity (docs/architecture.md, node identity).</summary>
    public const int ReservedAddresses = 3;

    public static PersistenceId Id(string network, bool isV6) => new(PersistenceKind, $"{network}-{(isV6 ? "v6" : "v4")}");

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        /// <summary>Gives addresses of this block from now on.</summary>
        /// <param name="Subnet">What the block is of, in a virtual network; null in the default one.</param>
        public sealed record Open(Cidr Cidr, NetworkSubnet? Subnet = null) : Command;

        /// <summary>Gives none any more, if none is held: the block goes back to the cluster.</summary>
        public sealed record Close(string Reason) : Command;

        /// <param name="Requested">A static address, or null for any.</param>
        /// <param name="IsClaimed">The cluster gave it to this attachment, so it may lie outside the block.</param>
        public sealed record Allocate(AttachmentId Attachment, IpAddress? Requested, bool IsClaimed = false) : Command;

        public sealed record Release(AttachmentId Attachment) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Allocated(AddressPrefix Address, IpAddress Gateway) : Reply;

        public sealed record Released : Reply;

        public sealed record Opened : Reply;

        public sealed record Closed : Reply;
    }

    /// <param name="Subnet">Null in the default network, where the block has gateway and host identity itself.</param>
    public sealed record State(Cidr? Cidr, Lending<IpAddress> Lending, NetworkSubnet? Subnet = null);

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "pool-state/1";

    public JsonTypeInfo<State> StateJson => NodeStateJson.Default.AddressPoolState;

    public State Initial { get; } = new(null, Lending<IpAddress>.Empty);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Open open when state.Cidr == open.Cidr && Equals(state.Subnet, open.Subnet) => Decision.AcceptAndReply(new Reply.Opened()),
        Command.Open open => Decision.AcceptAndReply(new Reply.Opened(),
            new PoolEvent.PoolOpened(open.Cidr, open.Subnet is null ? ReservedAddresses : 0, open.Subnet)),
        Command.Close when state.Cidr is null => Decision.AcceptAndReply(new Reply.Closed()),
        Command.Close when state.Lending.Held.Count > 0 => Decision.Reject("addresses-held",
            $"{state.Lending.Held.Count} addresses of {state.Cidr} are held, the first by {state.Lending.Held.Keys.First()}"),
        Command.Close close => Decision.AcceptAndReply(new Reply.Closed(), new PoolEvent.PoolClosed(state.Cidr.Value, close.Reason)),
        Command.Allocate allocate => Allocate(state, allocate, at),
        Command.Release release when state.Lending.Held.TryGetValue(release.Attachment, out var address) =>
            Decision.AcceptAndReply(new Reply.Released(), new PoolEvent.AddressReleased(release.Attachment, address, at)),
        Command.Release => Decision.AcceptAndReply(new Reply.Released()),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        PoolEvent.PoolOpened opened => state with { Cidr = opened.Cidr, Subnet = opened.Subnet },
        PoolEvent.PoolClosed => state with { Cidr = null },
        PoolEvent.AddressAllocated taken => state with { Lending = state.Lending.Take(taken.Attachment, taken.Address) },
        PoolEvent.AddressReleased back => state with { Lending = state.Lending.GiveBack(back.Attachment, back.Address, back.At) },
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    private static Decision Allocate(State state, Command.Allocate command, DateTimeOffset at)
    {
        if (state.Cidr is not { } cidr)
            return Decision.Reject("pool-closed", "this node has no pod CIDR yet");
        if (state.Lending.Held.TryGetValue(command.Attachment, out var held))
        {
            return command.Requested is { } other && other != held
                ? Decision.Reject("address-differs", $"{command.Attachment} already holds {held}, not {other}")
                : Decision.AcceptAndReply(Answer(state, cidr, held));
        }
        if (command.Requested is { } requested)
            return AllocateRequested(state, cidr, command, requested, at);
        if ((state.Subnet is { } subnet ? NextFit(state.Lending, cidr, subnet, at) : NextFit(state.Lending, cidr, at)) is { } next)
            return Take(state, cidr, command.Attachment, next, endedRest: false);
        // Rather an address too early than no pod; the event says so.
        return state.Lending.LongestRested(address => cidr.Contains(address) && !IsReserved(state, cidr, address)) is { } rested
            ? Take(state, cidr, command.Attachment, rested, endedRest: true)
            : Decision.Reject("pool-exhausted", $"all {cidr.Size - Unusable(state)} addresses of {cidr} are held");
    }

    private static Decision AllocateRequested(State state, Cidr cidr, Command.Allocate command, IpAddress address, DateTimeOffset at)
    {
        if (!cidr.Contains(address) && !(command.IsClaimed && state.Subnet is { } subnet && subnet.Cidr.Contains(address)))
            return Decision.Reject("address-outside", $"{address} is not in this node's pod CIDR {cidr}");
        if (IsReserved(state, cidr, address))
            return Decision.Reject("address-reserved", $"{address} is reserved in {cidr}");
        return state.Lending.Holders.TryGetValue(address, out var holder)
            ? Decision.Reject("address-held", $"{address} is held by {holder}")
            : Take(state, cidr, command.Attachment, address, endedRest: state.Lending.IsResting(address, at));
    }

    private static Decision Take(State state, Cidr cidr, AttachmentId attachment, IpAddress address, bool endedRest) =>
        Decision.AcceptAndReply(Answer(state, cidr, address), new PoolEvent.AddressAllocated(attachment, address, endedRest));

    // A virtual network's whole subnet is on the pod's link: the responder answers for all of it.
    private static Reply.Allocated Answer(State state, Cidr cidr, IpAddress address) => state.Subnet is { } subnet
        ? new(new AddressPrefix(address, subnet.Cidr.PrefixLength), subnet.Gateway)
        : new(new AddressPrefix(address, cidr.PrefixLength), cidr.At(1));

    /// <summary>How many addresses of the block nobody ever gets.</summary>
    public static UInt128 Unusable(State state)
    {
        if (state.Cidr is not { } cidr)
            return 0;
        if (state.Subnet is not { } subnet)
            return cidr.Size - Usable(cidr);
        // The widest of those that contain each other, and what they leave of the single addresses.
        var excluded = subnet.Excluded.Where(e => e.Overlaps(cidr) && !subnet.Excluded.Any(o => o != e && o.Contains(e)))
            .Select(e => e.Contains(cidr) ? cidr : e).Distinct().ToList();
        IpAddress[] single = [subnet.Cidr.Network, subnet.Gateway, .. subnet.Cidr.IsV6 ? [] : (IpAddress[])[subnet.Cidr.Last]];
        return excluded.Aggregate((UInt128)0, (sum, e) => sum + e.Size)
            + (UInt128)single.Distinct().Count(a => cidr.Contains(a) && !excluded.Any(e => e.Contains(a)));
    }

    private static bool IsReserved(State state, Cidr cidr, IpAddress address) => state.Subnet?.IsReserved(address) ?? IsReserved(cidr, address);

    private static bool IsReserved(Cidr cidr, IpAddress address) =>
        address.Bits - cidr.Network.Bits < ReservedAddresses || !cidr.IsV6 && address == cidr.Last;

    /// <summary>The broadcast address of an IPv4 block is not usable; IPv6 has none (RFC 4291, section 2).</summary>
    private static UInt128 Usable(Cidr cidr)
    {
        var unusable = (UInt128)(ReservedAddresses + (cidr.IsV6 ? 0 : 1));
        return cidr.Size > unusable ? cidr.Size - unusable : 0;
    }

    private static IpAddress? NextFit(Lending<IpAddress> lending, Cidr cidr, NetworkSubnet subnet, DateTimeOffset at)
    {
        var start = lending.Last is { } last && cidr.Contains(last) ? (last.Bits - cidr.Network.Bits + 1) % cidr.Size : 0;
        for (UInt128 i = 0; i < cidr.Size;)
        {
            var index = (start + i) % cidr.Size;
            var candidate = cidr.At(index);
            if (!subnet.IsReserved(candidate) && !lending.IsHeld(candidate) && !lending.IsResting(candidate, at))
                return candidate;
            // What is excluded is passed over whole, or the search through an IPv6 block would not end.
            i += subnet.Excluded.FirstOrDefault(e => e.Contains(candidate)) is { PrefixLength: > 0 } excluded
                ? UInt128.Min(excluded.Last.Bits, cidr.Last.Bits) - candidate.Bits + 1
                : 1;
        }
        return null;
    }

    private static IpAddress? NextFit(Lending<IpAddress> lending, Cidr cidr, DateTimeOffset at)
    {
        var usable = Usable(cidr);
        if (usable == 0)
            return null;
        var start = lending.Last is { } last && cidr.Contains(last) && last.Bits - cidr.Network.Bits >= ReservedAddresses
            ? (last.Bits - cidr.Network.Bits - ReservedAddresses + 1) % usable
            : 0;
        // At most every number that is held or resting is in the way, so this ends long before a v6 block does.
        var tries = UInt128.Min(usable, (UInt128)(lending.Holders.Count + lending.Resting.Count + 1));
        for (UInt128 i = 0; i < tries; i++)
        {
            var candidate = cidr.At(ReservedAddresses + (start + i) % usable);
            if (!lending.IsHeld(candidate) && !lending.IsResting(candidate, at))
                return candidate;
        }
        return null;
    }
}
