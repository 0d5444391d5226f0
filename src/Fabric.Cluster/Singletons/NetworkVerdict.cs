using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What a Network object asks of the virtual networks, and what it is told, by what there is.</summary>
/// <remarks>
/// <para>
/// An object's network is the one of its name that has the VNI in its status. The status may not say it yet, so a network that is just
/// as the spec asks counts too; that is also how an object adopts one that was made without it. Any other network of its name is not
/// the object's, and outlives it.
/// </para>
/// <para>Everything is judged anew in each round, by whoever holds the singletons, and nothing is remembered elsewhere.</para>
/// </remarks>
/// <param name="seen">The object, with Fabric's finalizer.</param>
/// <param name="made">What this holder has made for it; its status may lag behind.</param>
internal sealed class NetworkVerdict(NetworkSighting seen, VirtualNetworks.State state, Vni? made)
{
    private readonly VirtualNetworks.Network? _network = state.Networks.GetValueOrDefault(seen.Name);

    private bool IsOwn => _network is { } there
        && (there.Vni == seen.ShownVni || there.Vni == made || seen.ShownVni is null && seen.Wish.Matches(there));

    /// <summary>The next command for this object; null if there is nothing to be asked for.</summary>
    public VirtualNetworks.Command? Command(Vni defaultVni, ImmutableArray<string> reserved) => (seen.IsDeleted, _network) switch
    {
        (true, not null) when IsOwn => new VirtualNetworks.Command.Delete(seen.Name),
        (false, null) when seen.Wish.Fault is null =>
            new VirtualNetworks.Command.Create(seen.Name, seen.Wish.Vni, seen.Wish.Subnets, defaultVni, reserved),
        _ => null,
    };

    /// <param name="refused">What the virtual networks said to the command, if they declined it.</param>
    public NetworkAnswer Answer(Rejection? refused)
    {
        if (seen.IsDeleted)
        {
            return IsOwn
                ? Kept(ReasonOf(refused, "Deleting"), refused?.Message ?? $"network {seen.Name} is being deleted")
                : state.Deleted.Any(d => d.Network == seen.Name)
                    ? Kept("Deleting", $"network {seen.Name} is deleted, and its nodes' tunnels are being taken away")
                    : new NetworkAnswer(IsKept: false, null);
        }
        if (_network is not { } there)
        {
            return seen.Wish.Fault is { } fault
                ? Kept("Invalid", fault)
                : Kept(ReasonOf(refused, "Pending"), refused?.Message ?? $"network {seen.Name} is being made");
        }
        if (seen.Wish.Matches(there))
            return Kept("Created", $"network {seen.Name} has VNI {there.Vni} and {Cidrs(there)}", isReady: true);
        var has = $"VNI {there.Vni} and {string.Join("; ", there.Subnets)}";
        return IsOwn
            ? Kept("SpecImmutable", $"network {seen.Name} stays as it was made, with {has}, since a network is never changed: "
                + "put the spec back, or delete this object once no pod uses the network and make it anew")
            : Kept("Conflict", $"there is a network {seen.Name} that is not this object's, with {has}: ask for just that to adopt it, "
                + $"choose another name, or delete it with 'fabric network delete {seen.Name}'");
    }

    private NetworkAnswer Kept(string reason, string message, bool isReady = false) => new(IsKept: true, IsOwn || isReady
        ? new NetworkReport(seen.Generation, _network!.Vni, [.. _network.Subnets.Select(s => s.Cidr)], _network.Nodes().Count,
            isReady, reason, message)
        : new NetworkReport(seen.Generation, null, [], 0, isReady, reason, message));

    private static string Cidrs(VirtualNetworks.Network network) => string.Join(", ", network.Subnets.Select(s => s.Cidr));

    private static string ReasonOf(Rejection? refused, string otherwise) => refused?.Code switch
    {
        null => otherwise,
        "network-invalid" => "Invalid",
        "network-exists" => "Conflict",
        "network-in-use" => "InUse",
        "vni-in-use" => "VniInUse",
        "vnis-exhausted" => "VnisExhausted",
        _ => "Refused",
    };
}
