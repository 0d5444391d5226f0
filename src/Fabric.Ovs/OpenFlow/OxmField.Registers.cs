using System.Collections.Immutable;

namespace Fabric.Ovs.OpenFlow;

/// <summary>The registers, and all fields together.</summary>
public sealed partial class OxmField
{
    /// <summary>reg0 to reg15, 32 bits each.</summary>
    public static readonly ImmutableArray<OxmField> Registers = [.. Enumerable.Range(0, 16).Select(i =>
        new OxmField($"reg{i}", 32, 4, FieldFormat.Hex)
        {
            NxmName = $"NXM_NX_REG{i}", OxmId = Id(1, i), NxmId = Id(1, i), Maskable = true,
            MatchOrder = 14 + i,
        })];

    /// <summary>xreg0 to xreg7, 64 bits each; xregN is reg2N (high half) and reg2N+1.</summary>
    public static readonly ImmutableArray<OxmField> XRegisters = [.. Enumerable.Range(0, 8).Select(i =>
        new OxmField($"xreg{i}", 64, 8, FieldFormat.Hex)
        {
            NxmName = $"OXM_OF_PKT_REG{i}", OxmId = Id(0x8001, i), NxmId = Id(0x8001, i), Maskable = true,
        })];

    /// <summary>xxreg0 to xxreg3, 128 bits each; xxregN is reg4N (highest) to reg4N+3.</summary>
    public static readonly ImmutableArray<OxmField> XXRegisters = [.. Enumerable.Range(0, 4).Select(i =>
        new OxmField($"xxreg{i}", 128, 16, FieldFormat.Hex)
        {
            NxmName = $"NXM_NX_XXREG{i}", OxmId = Id(1, 111 + i), NxmId = Id(1, 111 + i), Maskable = true,
        })];

    /// <summary>Every known field, the matchable ones first, in the order of a printed match.</summary>
    public static ImmutableArray<OxmField> Known => OxmRegistry.All;

    private static uint Id(int oxmClass, int field) => (uint)((oxmClass << 7) | field);
}
