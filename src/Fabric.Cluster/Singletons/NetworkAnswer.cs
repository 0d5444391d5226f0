using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What a Network object is to say.</summary>
/// <param name="IsKept">Whether it has Fabric's finalizer: without it nothing is left to be done for the object.</param>
/// <param name="Report">Its status; null: as it is.</param>
public sealed record NetworkAnswer(bool IsKept, NetworkReport? Report);

/// <summary>What became of a Network object's wish.</summary>
/// <param name="Generation">Of the spec that this is about.</param>
/// <param name="Vni">Null: there is no network that is this object's.</param>
/// <param name="Subnets">What the network has; empty if there is none.</param>
/// <param name="Nodes">How many have addresses of it.</param>
/// <param name="Reason">One word in CamelCase, for programs: docs/kubernetes.md has them all.</param>
/// <param name="Message">For people: what is wrong and what to do.</param>
public sealed record NetworkReport(
    long Generation, Vni? Vni, ImmutableArray<Cidr> Subnets, int Nodes, bool IsReady, string Reason, string Message)
{
    // Records compare immutable arrays by reference.
    public bool Equals(NetworkReport? other) => other is not null && Generation == other.Generation && Vni == other.Vni
        && Nodes == other.Nodes && IsReady == other.IsReady && Reason == other.Reason && Message == other.Message
        && Subnets.SequenceEqual(other.Subnets);

    public override int GetHashCode() => HashCode.Combine(Generation, Vni, Nodes, IsReady, Reason, Message);
}
