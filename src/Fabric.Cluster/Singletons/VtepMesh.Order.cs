using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>In which order members change, so that no event puts an address at two nodes.</summary>
public sealed partial class VtepMesh
{
    /// <summary>
    /// A member that takes what another one gives up comes after it. Where several wait for each other in a circle, one of them leaves
    /// first and joins again.
    /// </summary>
    /// <param name="present">Those in the mesh who stay.</param>
    /// <param name="changes">What is to become of members, each of which holds in the end what no other one does.</param>
    private static IEnumerable<IEvent> InOrder(IEnumerable<MeshEvent.VtepJoined> present, ImmutableArray<MeshEvent.VtepJoined> changes)
    {
        var there = present.ToDictionary(j => j.Node);
        var holders = new Dictionary<object, NodeName>();
        foreach (var joined in there.Values)
            Hold(joined);
        IReadOnlyList<MeshEvent.VtepJoined> waiting = changes;
        while (waiting.Count > 0)
        {
            var blocked = new List<MeshEvent.VtepJoined>();
            foreach (var change in waiting)
            {
                if (Blocker(change) is not null)
                {
                    blocked.Add(change);
                    continue;
                }
                GiveUp(change.Node);
                Hold(change);
                there[change.Node] = change;
                yield return change;
            }
            var isCircle = blocked.Count == waiting.Count;
            waiting = blocked;
            if (!isCircle)
                continue;
            var leaving = there[Blocker(waiting[0])!.Value];
            GiveUp(leaving.Node);
            there.Remove(leaving.Node);
            yield return new MeshEvent.VtepLeft(leaving.Node, leaving.NodeUid, "what it had goes to another node; it joins again");
        }

        NodeName? Blocker(MeshEvent.VtepJoined change)
        {
            foreach (var thing in ThingsOf(change))
            {
                if (holders.TryGetValue(thing, out var holder) && holder != change.Node)
                    return holder;
            }
            return null;
        }

        void Hold(MeshEvent.VtepJoined joined)
        {
            foreach (var thing in ThingsOf(joined))
                holders[thing] = joined.Node;
        }

        void GiveUp(NodeName node)
        {
            if (!there.TryGetValue(node, out var joined))
                return;
            foreach (var thing in ThingsOf(joined))
                holders.Remove(thing);
        }
    }

    private static IEnumerable<object> ThingsOf(MeshEvent.VtepJoined joined) =>
        joined.Vteps.Cast<object>().Concat(joined.PodCidrs.Cast<object>());
}
