using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What others put on the bridge: groups go with every comparison, ports stay and are reported.</summary>
public sealed partial class Reconciler
{
    private const int MostGroupsNamed = 20;

    private string _lastGroups = "";
    private ImmutableSortedSet<string> _lastForeignPorts = [];

    /// <summary>After the flows, so that a wanted flow that somebody sent to a group is back before the group takes it along.</summary>
    private async Task CompareGroupsAsync(BridgeEvent.BridgeConfigured bridge, bool removes, CancellationToken cancellationToken)
    {
        var groups = await _switch.DumpGroupsAsync(cancellationToken);
        if (removes)
        {
            foreach (var group in groups)
                await _switch.DeleteGroupAsync(group.Id, cancellationToken);
        }
        // Under "report" they are found with every audit; they are news once.
        var finding = string.Join('\n', groups);
        var isNews = finding != _lastGroups;
        _lastGroups = removes ? "" : finding;
        if (groups.IsEmpty || !isNews)
            return;
        _observer.ForeignGroupsFound(groups.Length, removes);
        Record(bridge, new FlowEvent.ForeignGroupsFound(groups.Length, [.. groups.Take(MostGroupsNamed).Select(g => g.ToString())], removes),
            CorrelationId.None, null);
    }

    private void CompareForeignPorts(BridgeEvent.BridgeConfigured bridge)
    {
        var ports = _switch.ForeignPorts;
        if (ports.SetEquals(_lastForeignPorts))
            return;
        _lastForeignPorts = ports;
        _observer.ForeignPortsFound(ports);
        Record(bridge, new FlowEvent.ForeignPortsFound([.. ports]), CorrelationId.None, null);
    }
}
