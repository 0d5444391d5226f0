using System.Globalization;
using Fabric.Contracts;
using Fabric.Lab;
using Fabric.Linux;

namespace Fabric.Node.Tests;

/// <summary><see cref="LinuxKernel"/> with a namespace as its host and others as pods.</summary>
internal sealed class LinuxKernelBench : KernelBench
{
    private const string HostGroup = "0xfab1";

    private readonly LabNamespace _host = LabNamespace.Create("host");
    private readonly NetworkNamespace _entered;
    private readonly LinuxKernel _kernel;
    private readonly List<(Sandbox Sandbox, LabNamespace Namespace)> _pods = [];

    public LinuxKernelBench(Action<string> failed)
    {
        _entered = NetworkNamespace.Open(_host.NetnsPath);
        // What is opened inside stays bound to that namespace.
        _kernel = _entered.Run(() => new LinuxKernel(netdev: true, failed));
    }

    public override IKernel Kernel => _kernel;

    public override Sandbox NewSandbox()
    {
        var pod = LabNamespace.Create("pod", ipv6: true);
        var sandbox = new LinuxSandbox(NetworkNamespace.Open(pod.NetnsPath), pod.NetnsPath);
        _pods.Add((sandbox, pod));
        return sandbox;
    }

    public override void RemovePath(Sandbox sandbox) => NamespaceOf(sandbox).Dispose();

    public override void AddForeignLink(string name) => AddPair(_host, name);

    public override void AddForeignInterface(Sandbox sandbox, string name) => AddPair(NamespaceOf(sandbox), name);

    public override void AddUnnamedPair(PodLinkRequest request, Sandbox sandbox) => _host.Ip(
        "link", "add", request.HostInterface.Value, "group", Convert.ToUInt32(HostGroup, 16).ToString(CultureInfo.InvariantCulture),
        "type", "veth", "peer", "name", request.Attachment.IfName.Value, "netns", NamespaceOf(sandbox).Name);

    public override void DeleteLink(string name) => _host.Ip("link", "delete", name);

    public override bool HasLink(string name) => Has(_host, name);

    public override bool HasInterface(Sandbox sandbox, string name) => Has(NamespaceOf(sandbox), name);

    public override Task EventuallyAsync(Func<bool> condition, string what) =>
        LabWait.UntilAsync(() => Task.FromResult(condition()), what);

    public override void Dispose()
    {
        _kernel.Dispose();
        _entered.Dispose();
        foreach (var (_, pod) in _pods)
            pod.Dispose();
        _host.Dispose();
    }

    private static void AddPair(LabNamespace ns, string name) => ns.Ip("link", "add", name, "type", "veth", "peer", "name", $"{name}p");

    private static bool Has(LabNamespace ns, string name) =>
        ns.Ip("-brief", "link").Split('\n').Any(l => l.Split('@', ' ')[0] == name);

    private LabNamespace NamespaceOf(Sandbox sandbox) => _pods.Find(p => ReferenceEquals(p.Sandbox, sandbox)).Namespace;
}
