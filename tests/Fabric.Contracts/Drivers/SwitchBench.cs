using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Contracts;

/// <summary>An Open vSwitch under test, and what others on the same machine do to it. Used on the event loop.</summary>
public abstract class SwitchBench
{
    /// <summary>The bridge as the node asks for it.</summary>
    public static BridgeEvent.BridgeConfigured Bridge { get; } = new(
        "fabt-br", "netdev", 1, new InterfaceName("fabt-gw"), MacAddress.Parse("0a:58:0a:f4:03:01"), new OfPort(2),
        new InterfaceName("fabt-tun"), new OfPort(1), OverlayKind.Vxlan, 4789, new Vni(7000), 1400, 1,
        [Cidr.Parse("10.244.0.0/16")], [Cidr.Parse("10.244.3.0/24")], [IpAddress.Parse("172.30.0.1")]);

    /// <summary>An agent's switch, not connected yet. Another one is another agent's, after a restart.</summary>
    public abstract ISwitch NewSwitch();

    /// <summary>The host's end of a pod's veth.</summary>
    public abstract void AddDevice(InterfaceName name);

    public abstract void RemoveDevice(InterfaceName name);

    /// <summary>Somebody else's port on the bridge.</summary>
    public abstract void AddForeignPort(InterfaceName name);

    /// <summary>Somebody else's group of type all with one bucket, which outputs to port 9.</summary>
    public abstract void AddGroup(uint id);

    public abstract bool HasPort(InterfaceName name);

    public abstract void StopVswitchd();

    public abstract void StartVswitchd();

    /// <summary>Every connection to Open vSwitch's database ends; the next one can be made at once.</summary>
    public abstract void BreakConnections();

    /// <summary>Fails the test if <paramref name="condition"/> does not hold in time.</summary>
    public abstract Task EventuallyAsync(Func<bool> condition, string what);

    /// <summary>A pod's port; <paramref name="number"/> makes everything its own.</summary>
    public static WantedPort Port(int number, int? ofPort = null) => new(
        new InterfaceName($"fabt{number}"),
        AttachmentId.Parse($"pod{number}/eth0"),
        new OfPort((ushort)(ofPort ?? number + 40)),
        MacAddress.Parse($"0a:58:0a:f4:03:{number:x2}"),
        new PodRef("default", $"web-{number}", $"uid-{number}"),
        $$"""{"pod":{{number}}}""");
}
