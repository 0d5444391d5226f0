using System.Text;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;

namespace Fabric.Node.Tests.Cni;

/// <summary>The exact JSON of every error in the table.</summary>
public sealed class CniErrorsTests
{
    private static readonly CorrelationId Id = new("cni-7");
    private static readonly NetworkName Pods = new("pods");
    private static readonly AttachmentId Attachment = AttachmentId.Parse("c0ffee/eth0");

    public static TheoryData<string, int, string> Table { get; } = new()
    {
        { "IncompatibleVersion", 1, "cniVersion '0.2.0' is not supported; set one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0" },
        { "MissingVersion", 1, "cniVersion is missing, which means 0.1.0; set one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0" },
        { "UnsupportedField", 2, "deviceID = 0000:00:1f.6 is not supported: remove the key" },
        { "UnknownContainer", 3,
            "interface eth0 of container c0ffee is not attached to network pods; it needs no clean-up, ADD it again" },
        { "InvalidEnvironment", 4, "invalid environment: CNI_IFNAME is missing" },
        { "HostNamespace", 4,
            "CNI_NETNS '/proc/1/ns/net' is the node's own network namespace; pods with hostNetwork must not be attached" },
        { "InputOutput", 5, "making veth fab0 failed: File exists" },
        { "Undecodable", 6, "the network configuration can't be decoded: it is empty" },
        { "InvalidConfiguration", 7, "mtu = 9000 is invalid: it must be at most 1450, the fabric's" },
        { "MissingKey", 7, "name is missing: it must be the network's name" },
        { "TryAgainLater", 11, "the agent is recovering its journal; try again later" },
        { "NotAvailable", 50, "new pods can't be attached: Open vSwitch does not answer" },
        { "NotAvailableAndImpaired", 51,
            "new pods can't be attached, and existing pods may have lost connectivity: bridge br-fabric is gone" },
        { "PoolExhausted", 100,
            "network pods has no free address left on this node, all 252 addresses of 10.244.1.0/24 are held; delete pods or give the network larger blocks" },
        { "PortFailed", 101, "port fab0 could not be made: No such device" },
        { "FlowFailed", 102, "the flows of c0ffee/eth0 could not be programmed: barrier timed out" },
        { "ProtocolMismatch", 103,
            "fabric-cni speaks protocol version 2 and the fabric agent version 1: install the binary that came with the running agent" },
        { "InterfaceExists", 104,
            "interface eth0 exists already in /run/netns/x and is not this attachment's; choose another CNI_IFNAME or remove it" },
        { "AttachedDifferently", 105, "c0ffee/eth0 is already attached, and its configuration has changed; DEL it before this ADD" },
        { "AttachmentDiffers", 106, "c0ffee/eth0 differs from its result: address 10.0.0.2/24 is gone; delete the pod to attach it anew" },
        { "DelegateFailed", 107, "IPAM plugin host-local failed: it exited with 3 and printed nothing" },
        { "GarbageRemains", 108, "1 attachments of network pods could not be collected: a/b: port busy; the next GC tries again" },
        { "AddressUnavailable", 109, "address 10.0.0.9 of network pods can't be assigned: x/eth0 holds it" },
        { "Unclassified", 999, "unexpected failure of the fabric agent: key not found; please report it" },
    };

    private static CniError Make(string name) => name switch
    {
        "IncompatibleVersion" => CniErrors.IncompatibleVersion("0.2.0", Id),
        "MissingVersion" => CniErrors.IncompatibleVersion("", Id),
        "UnsupportedField" => CniErrors.UnsupportedField("deviceID", "0000:00:1f.6", "remove the key", Id),
        "UnknownContainer" => CniErrors.UnknownContainer(Attachment, Pods, Id),
        "InvalidEnvironment" => CniErrors.InvalidEnvironment("CNI_IFNAME is missing", Id),
        "HostNamespace" => CniErrors.HostNamespace("/proc/1/ns/net", Id),
        "InputOutput" => CniErrors.InputOutput("making veth fab0", "File exists", Id),
        "Undecodable" => CniErrors.Undecodable("the network configuration", "it is empty", Id),
        "InvalidConfiguration" => CniErrors.InvalidConfiguration("mtu", "9000", "at most 1450, the fabric's", Id),
        "MissingKey" => CniErrors.InvalidConfiguration("name", null, "the network's name", Id),
        "TryAgainLater" => CniErrors.TryAgainLater("the agent is recovering its journal", Id),
        "NotAvailable" => CniErrors.NotAvailable("Open vSwitch does not answer", Id),
        "NotAvailableAndImpaired" => CniErrors.NotAvailableAndImpaired("bridge br-fabric is gone", Id),
        "PoolExhausted" => CniErrors.PoolExhausted(Pods, "all 252 addresses of 10.244.1.0/24 are held", Id),
        "PortFailed" => CniErrors.PortFailed("fab0", "No such device", Id),
        "FlowFailed" => CniErrors.FlowFailed(Attachment, "barrier timed out", Id),
        "ProtocolMismatch" => CniErrors.ProtocolMismatch(2, 1, Id),
        "InterfaceExists" => CniErrors.InterfaceExists(Attachment.IfName, "/run/netns/x", Id),
        "AttachedDifferently" => CniErrors.AttachedDifferently(Attachment, "its configuration has changed", Id),
        "AttachmentDiffers" => CniErrors.AttachmentDiffers(Attachment, ["address 10.0.0.2/24 is gone"], Id),
        "DelegateFailed" => CniErrors.DelegateFailed("host-local", "it exited with 3 and printed nothing", Id),
        "GarbageRemains" => CniErrors.GarbageRemains(Pods, ["a/b: port busy"], Id),
        "AddressUnavailable" => CniErrors.AddressUnavailable(IpAddress.Parse("10.0.0.9"), Pods, "x/eth0 holds it", Id),
        "Unclassified" => CniErrors.Unclassified("key not found", Id),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Every_error_has_this_json(string name, int code, string message)
    {
        var frame = CniReply.Failed(Make(name), "0.4.0");
        Assert.Equal(1, frame.ExitCode);
        Assert.Equal(
            $"{{\"cniVersion\":\"0.4.0\",\"code\":{code},\"msg\":\"{message}\",\"details\":\"correlation cni-7\"}}\n",
            Encoding.UTF8.GetString(frame.Stdout.Span));
    }

    [Fact]
    public void Every_code_is_in_the_table() =>
        Assert.Equal(Enum.GetValues<CniErrorCode>().Select(c => (int)c).Order(), Table.Select(row => (int)row[1]).Distinct().Order());

    [Fact]
    public void A_delegates_error_keeps_its_code_and_a_log_goes_to_the_details()
    {
        Assert.Equal(
            "{\"cniVersion\":\"1.0.0\",\"code\":11,\"msg\":\"IPAM plugin dhcp: no lease\",\"details\":\"correlation cni-7; timeout\"}\n",
            Encoding.UTF8.GetString(CniErrors.FromDelegate("dhcp", 11, "no lease", "timeout", Id).ToJson("1.0.0")));
        Assert.Equal("correlation cni-7; panic", CniErrors.DelegateFailed("dhcp", "x", Id, "panic\n").Details);
    }

    [Fact]
    public void Success_without_a_result_prints_nothing() => Assert.Equal((0, 0), (CniReply.Done.ExitCode, CniReply.Done.Stdout.Length));
}
