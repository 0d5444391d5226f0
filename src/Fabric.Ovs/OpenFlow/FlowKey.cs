using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>What identifies a flow in a bridge: adding a flow with an equal key replaces the old one.</summary>
/// <param name="Table">The table.</param>
/// <param name="Priority">The priority; the highest wins.</param>
/// <param name="Match">The match.</param>
public sealed record FlowKey(byte Table, ushort Priority, Match Match)
{
    /// <summary>The text of ovs-ofctl up to the actions.</summary>
    public override string ToString()
    {
        var s = new StringBuilder();
        if (Table != 0) s.Append(CultureInfo.InvariantCulture, $"table={Table}, ");
        MatchText.Append(s, Match, Priority);
        return s.ToString();
    }
}
