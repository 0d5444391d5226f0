using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>A group as the switch describes it (ofp_group_desc; OpenFlow 1.5.1, 7.3.5.9).</summary>
public sealed record GroupDescription(uint Id, GroupType Type, ImmutableArray<GroupBucket> Buckets)
{
    /// <summary>The line of <c>ovs-ofctl --no-names dump-groups</c>, without how a select group hashes.</summary>
    public override string ToString()
    {
        var s = new StringBuilder();
        s.Append(CultureInfo.InvariantCulture, $"group_id={Id},type={TypeName}");
        foreach (var bucket in Buckets)
            bucket.AppendTo(s, Type);
        return s.ToString();
    }

    private string TypeName => Type switch
    {
        GroupType.All => "all",
        GroupType.Select => "select",
        GroupType.Indirect => "indirect",
        GroupType.FastFailover => "ff",
        _ => ((byte)Type).ToString(CultureInfo.InvariantCulture),
    };
}
