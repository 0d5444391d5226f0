using Fabric.Contracts;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.Node.Tests;

/// <summary><see cref="OvsSwitch"/> on a scratch Open vSwitch.</summary>
internal sealed class OvsSwitchBench(ScratchOvs ovs) : SwitchBench, IAsyncDisposable
{
    private readonly List<OvsSwitch> _switches = [];

    public override ISwitch NewSwitch()
    {
        var made = new OvsSwitch(ovs.Endpoint, ovs.RunFolder, TimeProvider.System, notice => Assert.Fail(notice));
        _switches.Add(made);
        return made;
    }

    public override void AddDevice(InterfaceName name) => ovs.Namespace.Run(
        ["ip", "-batch", "-"], null, $"link add {name} type veth peer name {name}p\nlink set {name} up\n");

    public override void RemoveDevice(InterfaceName name) => ovs.Namespace.Ip("link", "delete", name.Value);

    public override void AddForeignPort(InterfaceName name) => ovs.Vsctl(
        "add-port", Bridge.Bridge, name.Value, "--", "set", "Interface", name.Value, "type=internal");

    public override void AddGroup(uint id) => ovs.Ofctl("add-group", Bridge.Bridge, $"group_id={id},type=all,bucket=output:9");

    public override bool HasPort(InterfaceName name) =>
        ovs.Vsctl("--no-wait", "list-ports", Bridge.Bridge).Split('\n').Contains(name.Value);

    public override void StopVswitchd() => ovs.KillVswitchd();

    public override void StartVswitchd() => ovs.StartVswitchd();

    public override void BreakConnections() => ovs.DatabaseAppctl("ovsdb-server/reconnect");

    public override Task EventuallyAsync(Func<bool> condition, string what) =>
        LabWait.UntilAsync(() => Task.FromResult(condition()), what);

    public async ValueTask DisposeAsync()
    {
        foreach (var made in _switches)
            await made.DisposeAsync();
    }
}
