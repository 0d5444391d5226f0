namespace Fabric.Lab;

/// <summary>A network namespace with <c>lo</c> up, in which new interfaces get no IPv6 link-local address.</summary>
/// <remarks>
/// IPv6 is off by default for new interfaces because a veth's link-local address would become a tunnel endpoint of the
/// userspace datapath. Deleting the namespace deletes its links and its nft tables.
/// </remarks>
public sealed class LabNamespace : IDisposable
{
    internal const string Folder = "/run/netns";

    /// <summary>Null for a namespace of somebody else.</summary>
    private readonly IDisposable? _cleanup;

    private LabNamespace(string path, bool isOwned)
    {
        Name = Path.GetFileName(path);
        NetnsPath = path;
        _cleanup = isOwned ? LabCleanup.Register(() => Delete(Name)) : null;
    }

    /// <summary>The name as <c>ip netns</c> shows it; of those that are made here it begins with <c>fab-t</c>.</summary>
    public string Name { get; }

    /// <summary>The file that stands for the namespace, as CNI_NETNS or setns(2) want it.</summary>
    public string NetnsPath { get; }

    /// <summary>A namespace that somebody else made and ends, a container runtime for example.</summary>
    public static LabNamespace Of(string netnsPath) => new(netnsPath, isOwned: false);

    /// <summary>
    /// Makes a namespace; <paramref name="label"/> only helps the reader of <c>ip netns</c>. Set
    /// <paramref name="ipv6"/> for pods that shall speak IPv6.
    /// </summary>
    public static LabNamespace Create(string label = "ns", bool ipv6 = false)
    {
        var name = LabCleanup.UniqueName(label);
        LabCommand.Run("ip", "netns", "add", name);
        var made = new LabNamespace(Path.Combine(Folder, name), isOwned: true);
        try
        {
            var off = ipv6 ? "0" : "1";
            made.Run("sh", "-c", $"ip link set lo up; echo {off} > /proc/sys/net/ipv6/conf/default/disable_ipv6");
            return made;
        }
        catch (LabException)
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Standard output of a command run inside the namespace; throws like <see cref="LabCommand"/>.</summary>
    public string Run(params string[] command) => Run(command, null);

    /// <inheritdoc cref="Run(string[])"/>
    public string Run(
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? environment,
        string? standardInput = null,
        TimeSpan? deadline = null) =>
        LabCommand.Run("nsenter", [$"--net={NetnsPath}", "--", .. command], environment, standardInput, deadline);

    /// <summary>Runs <c>ip</c> on the namespace.</summary>
    public string Ip(params string[] arguments) => _cleanup is null ? Run(["ip", .. arguments]) : LabCommand.Run("ip", ["-n", Name, .. arguments]);

    /// <summary>
    /// Drops what arrives on <paramref name="device"/> before the kernel's own stack sees it. The userspace datapath
    /// reads frames from a packet socket, and without this the kernel would answer each of them a second time.
    /// </summary>
    public void DropAtIngress(string device) => Run(
        "nft", "add", "table", "netdev", "fab-t", ";",
        "add", "chain", "netdev", "fab-t", device,
        $"{{ type filter hook ingress device {device} priority -500 ; policy drop ; }}");

    /// <summary>Removes what <see cref="DropAtIngress"/> added; the chain would outlive the device.</summary>
    public void AcceptAtIngress(string device) => Run("nft", "delete", "chain", "netdev", "fab-t", device);

    /// <summary>Deletes the namespace with everything in it, unless it is somebody else's.</summary>
    public void Dispose() => _cleanup?.Dispose();

    internal static void Delete(string name)
    {
        try
        {
            LabCommand.Run("ip", "netns", "delete", name);
        }
        catch (LabException) when (!File.Exists(Path.Combine(Folder, name)))
        {
            // Someone else removed it first, which is what was asked for.
        }
    }
}
