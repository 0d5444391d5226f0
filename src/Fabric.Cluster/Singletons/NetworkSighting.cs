using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What counts of a Network object.</summary>
/// <param name="ObjectUid">Another object of the same name has another one.</param>
/// <param name="Generation">Changes with the spec.</param>
/// <param name="IsDeleted">Somebody has deleted it, and it stays until its finalizers are gone.</param>
/// <param name="IsKept">It has Fabric's finalizer, so no deletion goes unseen.</param>
/// <param name="ShownVni">The VNI in its status: that network is this object's.</param>
public sealed record NetworkSighting(
    NetworkName Name,
    string ObjectUid,
    string ResourceVersion,
    long Generation,
    bool IsDeleted,
    bool IsKept,
    NetworkWish Wish,
    Vni? ShownVni)
{
    public ObjectRef Ref => new("Network", "", Name.Value, ObjectUid, ResourceVersion);
}

/// <summary>What a Network object's spec asks for.</summary>
/// <param name="Vni">Null: whichever comes next.</param>
/// <param name="Subnets">In the order of their addresses.</param>
/// <param name="Fault">Why the spec can't be read, naming the field; null if it can.</param>
public sealed record NetworkWish(Vni? Vni, ImmutableArray<NetworkSubnet> Subnets, string? Fault = null)
{
    /// <summary>Whether it is what there is.</summary>
    public bool Matches(VirtualNetworks.Network network) =>
        Fault is null && (Vni is null || Vni == network.Vni) && Subnets.SequenceEqual(network.Subnets);
}
