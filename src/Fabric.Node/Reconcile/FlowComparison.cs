using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node;

/// <summary>The flows on the bridge against those that ought to be there.</summary>
/// <param name="Foreign">On the bridge, but not wanted in this form.</param>
/// <param name="Missing">Wanted, but not on the bridge in this form.</param>
/// <param name="ToRemove">What must be deleted: foreign flows whose key no wanted flow replaces.</param>
public sealed record FlowComparison(
    ImmutableArray<PlannedFlow> Foreign, ImmutableArray<PlannedFlow> Missing, ImmutableArray<Flow> ToRemove)
{
    private const int MostNamed = 20;

    public bool IsEqual => Foreign.IsEmpty && Missing.IsEmpty;

    public static FlowComparison Of(ImmutableArray<Flow> actual, ImmutableArray<PlannedFlow> wanted)
    {
        var byText = wanted.ToDictionary(f => f.Text.Id);
        var there = new HashSet<long>();
        var foreign = ImmutableArray.CreateBuilder<PlannedFlow>();
        foreach (var flow in actual)
        {
            var planned = PlannedFlow.Of(flow);
            if (byText.ContainsKey(planned.Text.Id))
                there.Add(planned.Text.Id);
            else
                foreign.Add(planned);
        }
        var missing = wanted.Where(f => !there.Contains(f.Text.Id)).ToImmutableArray();
        var replaced = missing.Select(f => f.Flow.Key).ToHashSet();
        return new FlowComparison(
            foreign.ToImmutable(), missing, [.. foreign.Select(f => f.Flow).Where(f => !replaced.Contains(f.Key))]);
    }

    public FlowEvent.DriftFound ToDrift(bool repaired) => new(
        Foreign.Length, [.. Foreign.Take(MostNamed).Select(f => f.Text.Text)],
        Missing.Length, [.. Missing.Take(MostNamed).Select(f => f.Text.Text)], repaired);

    /// <summary>SHA-256 over the sorted ids, in hexadecimal.</summary>
    public static string Digest(ImmutableSortedSet<long> ids)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[8];
        foreach (var id in ids)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes, id);
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
