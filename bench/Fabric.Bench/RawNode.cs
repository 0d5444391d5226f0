using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Fabric.Lab;
using Fabric.Linux;
using Fabric.Linux.Nftables;
using Fabric.Linux.Pods;
using Fabric.Linux.Route;
using Fabric.Ovs.OpenFlow;
using Fabric.Ovs.Ovsdb.OpenVSwitch;

namespace Fabric.Bench;

/// <summary>
/// The least that an attachment takes: a second Open vSwitch with as many ports, driven in a straight line without journal,
/// entities or requests.
/// </summary>
internal sealed class RawNode : IDisposable
{
    private const string Bridge = "fabt-raw";
    private readonly ScratchOvs _ovs;
    private readonly NetworkNamespace _namespace;
    private readonly RouteNetlink _host;
    private readonly PodLink _links;
    private readonly IngressDrop _drop;
    private readonly OpenVSwitchDatabase _database;
    private readonly OpenFlowConnection _bridge;

    private RawNode(ScratchOvs ovs, OpenVSwitchDatabase database, OpenFlowConnection bridge)
    {
        _ovs = ovs;
        _database = database;
        _bridge = bridge;
        _namespace = NetworkNamespace.Open(ovs.Namespace.NetnsPath);
        _host = RouteNetlink.OpenIn(_namespace);
        _links = new PodLink(_host);
        _drop = IngressDrop.OpenIn(_namespace);
    }

    public Samples Netlink { get; } = new();

    public Samples Port { get; } = new();

    public Samples Flow { get; } = new();

    public OpenFlowConnection OpenFlow => _bridge;

    public ScratchOvs Ovs => _ovs;

    public static string BridgeName => Bridge;

    public static async Task<RawNode> StartAsync()
    {
        var ovs = ScratchOvs.Start();
        ovs.AddBridge(Bridge);
        var database = await OpenVSwitchDatabase.ConnectAsync(ovs.Endpoint, TimeProvider.System);
        var bridge = await OpenFlowConnection.ConnectAsync("unix:" + ovs.ManagementSocket(Bridge), TimeProvider.System);
        return new RawNode(ovs, database, bridge);
    }

    /// <summary>veth, addresses and routes by netlink, without anything of Open vSwitch.</summary>
    public TimeSpan Link(int number, LabNamespace pod)
    {
        using var inside = NetworkNamespace.Open(pod.NetnsPath);
        var address = new IPAddress([10, 98, (byte)(number >> 8), (byte)number]);
        var start = Stopwatch.GetTimestamp();
        _links.Attach(new PodLinkSpec
        {
            Namespace = inside,
            InterfaceName = "eth0",
            HostInterfaceName = NameOf(number),
            Attachment = $"raw/{number}",
            MtuBytes = 1450,
            Addresses = [new PodAddress(address, 16)],
            Routes = [new PodRoute(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.98.255.254"))],
            TransmitChecksumOffload = false,
        });
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>One transaction with these ports, until Open vSwitch has given every one its number.</summary>
    public async Task<TimeSpan> AddPortsAsync(params int[] numbers)
    {
        var start = Stopwatch.GetTimestamp();
        await _database.AddPortsAsync(Bridge,
            [.. numbers.Select(n => new PortSpec(NameOf(n)) { OfPortRequest = 64 + n })]);
        foreach (var number in numbers)
            await _database.WaitForOfportAsync(NameOf(number), CancellationToken.None);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>One attachment, each part timed.</summary>
    public async Task AttachAsync(int number, LabNamespace pod)
    {
        Netlink.Add(Link(number, pod));
        _drop.Add(NameOf(number));
        Port.Add(await AddPortsAsync(number));
        Flow.Add(await ChangeFlowAsync(number));
    }

    /// <summary>One flow_mod and a barrier.</summary>
    public async Task<TimeSpan> ChangeFlowAsync(int number)
    {
        var flow = FlowMod.Add(new Flow
        {
            Cookie = (ulong)number, Match = Match.Any.With(OxmField.InPort, (uint)(64 + number)), Actions = ActionList.Drop,
        });
        var start = Stopwatch.GetTimestamp();
        await _bridge.ApplyAsync([flow]);
        return Stopwatch.GetElapsedTime(start);
    }

    public async Task DetachAsync(int number)
    {
        await _database.RemovePortsAsync(Bridge, [NameOf(number)], CancellationToken.None);
        _host.DeleteLink(NameOf(number));
        _drop.Remove(NameOf(number));
    }

    /// <summary>Ports to be there already: veth pairs of pods, as they are on a node.</summary>
    public async Task FillAsync(ImmutableArray<(int Number, LabNamespace Pod)> pods)
    {
        foreach (var (number, pod) in pods)
        {
            Link(number, pod);
            _drop.Add(NameOf(number));
        }
        await AddPortsAsync([.. pods.Select(p => p.Number)]);
    }

    public void Dispose()
    {
        _bridge.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _database.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _drop.Dispose();
        _host.Dispose();
        _namespace.Dispose();
        _ovs.Dispose();
    }

    private static string NameOf(int number) => $"fabtr{number}";
}
