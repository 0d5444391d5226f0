using Fabric.Actors;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node;

/// <summary>A flow with the text that the journal knows it by.</summary>
public sealed record PlannedFlow(Flow Flow, InternedText Text)
{
    public static PlannedFlow Of(Flow flow) => new(flow, InternedText.Of(flow.ToString()));
}
