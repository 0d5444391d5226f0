using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>Whether the node can serve a CNI ADD.</summary>
/// <param name="Code">0 ready; 50 not ready; 51 not ready and existing pods are affected (CNI SPEC 1.1, STATUS).</param>
/// <param name="Reasons">Empty if and only if ready.</param>
public sealed record ReadinessAnswer(bool Ready, int Code, ImmutableArray<string> Reasons)
{
    public static ReadinessAnswer Yes { get; } = new(true, 0, []);
}
