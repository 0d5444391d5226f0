using Fabric.Lab;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>
/// A real Open vSwitch whose br-fabric holds the document's example and a second pod, for questions to ofproto/trace.
/// The flows get there by the OpenFlow library, in one bundle.
/// </summary>
public sealed class TraceFixture : IAsyncLifetime, IDisposable
{
    internal const string Bridge = "br-fabric";

    internal static readonly PodEndpoint SecondPod = new()
    {
        Port = new(12),
        Mac = MacAddress.Parse("0a:58:0a:f4:01:0c"),
        Addresses = [IpAddress.Parse("10.244.1.12"), IpAddress.Parse("fd00:10:244:1::c")],
        CauseSet = 4,
    };

    private ScratchOvs? _ovs;

    internal ScratchOvs Ovs => _ovs ?? throw new InvalidOperationException("the fixture's tests skip without the lab");

    public async Task InitializeAsync()
    {
        if (LabRequirements.Missing is not null)
            return;
        _ovs = ScratchOvs.Start();
        _ovs.AddBridge(Bridge);
        _ovs.Vsctl(
            "add-port", Bridge, "fab-overlay", "--", "set", "Interface", "fab-overlay", "type=vxlan",
            "ofport_request=1", "options:remote_ip=flow", "options:key=flow", "--",
            "add-port", Bridge, "fab-gw", "--", "set", "Interface", "fab-gw", "type=internal", "ofport_request=2", "--",
            "add-port", Bridge, "pod11", "--", "set", "Interface", "pod11", "type=internal", "ofport_request=11", "--",
            "add-port", Bridge, "pod12", "--", "set", "Interface", "pod12", "type=internal", "ofport_request=12", "--",
            "add-port", Bridge, "nobody", "--", "set", "Interface", "nobody", "type=internal", "ofport_request=99");
        await ProgramAsync([.. PipelineExample.Flows, .. PodFlows.For(PipelineExample.Network, SecondPod)]);
    }

    public Task DisposeAsync()
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _ovs?.Dispose();

    /// <summary>
    /// What would happen to a packet; <paramref name="connection"/> is its state after each conntrack lookup.
    /// </summary>
    internal PipelineTrace Trace(string packet, string? connection = null) => PipelineTrace.Parse(connection is null
        ? Ovs.Appctl("ofproto/trace", Bridge, packet)
        : Ovs.Appctl("ofproto/trace", Bridge, packet, "--ct-next", connection));

    private async Task ProgramAsync(IReadOnlyList<Flow> flows)
    {
        await using var connection = await ConnectAsync();
        await connection.ApplyBundleAsync([.. flows.Select(FlowMod.Add)]);
    }

    internal Task<OpenFlowConnection> ConnectAsync() =>
        OpenFlowConnection.ConnectAsync($"unix:{Ovs.ManagementSocket(Bridge)}", TimeProvider.System);
}
