using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>One choice of a group.</summary>
/// <param name="Weight">Its share under <see cref="GroupType.Select"/>, 0–65535; 0 in the other types unless somebody set it.</param>
/// <param name="WatchPort">The port whose liveness decides whether it is used, or null.</param>
/// <param name="WatchGroup">The group whose liveness decides, or null.</param>
public sealed record GroupBucket(uint Id, ushort Weight, OfPort? WatchPort, uint? WatchGroup, ActionList Actions)
{
    internal void AppendTo(StringBuilder s, GroupType type)
    {
        s.Append(CultureInfo.InvariantCulture, $",bucket=bucket_id:{Id},");
        if (Weight != (type == GroupType.Select ? 1 : 0))
            s.Append(CultureInfo.InvariantCulture, $"weight:{Weight},");
        if (WatchPort is { } port)
            s.Append(CultureInfo.InvariantCulture, $"watch_port:{port.Value},");
        if (WatchGroup is { } group)
            s.Append(CultureInfo.InvariantCulture, $"watch_group:{group},");
        s.Append("actions=");
        Actions.AppendTo(s, 0);
    }
}
