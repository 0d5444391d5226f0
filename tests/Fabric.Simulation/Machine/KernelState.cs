using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>Links and namespaces of one machine: they outlive the agent and end with the boot.</summary>
internal sealed class KernelState(SimulationRun run)
{
    private int _lastIndex = 2;

    /// <summary>Hosts' ends by name, without those that are being deleted.</summary>
    public SortedDictionary<string, Veth> Links { get; } = new(StringComparer.Ordinal);

    /// <summary>Told of every link that came or went.</summary>
    public Action? LinksChanged { get; set; }

    public Veth Create(string name, PodNamespace pod, string podName, bool isForeign = false)
    {
        var link = new Veth
        {
            Name = name, Index = ++_lastIndex, PodIndex = ++_lastIndex, Pod = pod, PodName = podName, IsForeign = isForeign,
        };
        Links.Add(name, link);
        pod.Interfaces.Add(podName, link);
        run.Loop.Note($"kernel: {name} made");
        LinksChanged?.Invoke();
        return link;
    }

    /// <summary>Whether pods of several networks are here, so that an address is not one pod's alone.</summary>
    public bool NetworksOverlap { get; set; }

    public void Delete(Veth link)
    {
        link.IsGone = true;
        if (Links.TryGetValue(link.Name, out var there) && ReferenceEquals(there, link))
            Links.Remove(link.Name);
        if (link.Pod.Interfaces.TryGetValue(link.PodName, out var inside) && ReferenceEquals(inside, link))
            link.Pod.Interfaces.Remove(link.PodName);
        run.Loop.Note($"kernel: {link.Name} gone");
        LinksChanged?.Invoke();
    }

    /// <summary>Gives the pod's end its form; no other live pod may have one of its addresses.</summary>
    public void Configure(Veth link, PodLinkRequest request)
    {
        link.Addresses = [.. request.Addresses.Select(a => a.Address.ToString())];
        link.IsUp = true;
        link.Seen = new PodLinkSeen(request.Mac, request.MtuBytes, IsUp: true, request.Addresses, request.Routes);
        foreach (var other in Links.Values)
        {
            run.Check(NetworksOverlap || ReferenceEquals(other, link) || !other.Addresses.Overlaps(link.Addresses),
                $"{link.Name} and {other.Name} do not have the same address ({string.Join(", ", link.Addresses)})");
        }
        run.Loop.Note($"kernel: {link.Name} has {string.Join(", ", link.Addresses)}");
    }

    /// <summary>The namespace's path goes; the namespace ends with its last holder, and with it every pair that has an end in it.</summary>
    public void Destroy(PodNamespace pod)
    {
        pod.IsGone = true;
        run.Loop.Note($"kernel: the path of namespace {pod.Inode} is gone");
        if (pod.Holders == 0)
            End(pod);
    }

    public void Release(PodNamespace pod)
    {
        pod.Holders--;
        if (pod is { IsGone: true, Holders: 0 })
            End(pod);
    }

    private void End(PodNamespace pod)
    {
        run.Loop.Note($"kernel: namespace {pod.Inode} gone");
        foreach (var link in pod.Interfaces.Values.OfType<Veth>().ToArray())
            Delete(link);
        pod.Interfaces.Clear();
    }

    public void Reboot(IEnumerable<Veth> foreign)
    {
        foreach (var link in Links.Values)
            link.IsGone = true;
        Links.Clear();
        foreach (var link in foreign)
        {
            link.IsGone = false;
            Links.Add(link.Name, link);
        }
        LinksChanged?.Invoke();
    }

    /// <summary>A veth pair.</summary>
    internal sealed class Veth
    {
        public required string Name { get; init; }

        public required int Index { get; init; }

        public required int PodIndex { get; init; }

        public required PodNamespace Pod { get; init; }

        public required string PodName { get; set; }

        /// <summary>Null until it has been named: a crash may come before.</summary>
        public AttachmentId? Alias { get; set; }

        /// <summary>Made by somebody else.</summary>
        public bool IsForeign { get; init; }

        public SortedSet<string> Addresses { get; set; } = new(StringComparer.Ordinal);

        /// <summary>The pod's end as a look at it finds it.</summary>
        public PodLinkSeen Seen { get; set; } = new(default, 0, IsUp: false, [], []);

        public bool IsUp { get; set; }

        public bool IsGone { get; set; }
    }

    /// <summary>A pod's network namespace.</summary>
    internal sealed class PodNamespace(ulong inode)
    {
        public ulong Inode { get; } = inode;

        /// <summary>Whether no path leads to it any more; whoever holds it open can still use it.</summary>
        public bool IsGone { get; set; }

        /// <summary>How many have it open.</summary>
        public int Holders { get; set; }

        /// <summary>By name; null for one that somebody else made.</summary>
        public SortedDictionary<string, Veth?> Interfaces { get; } = new(StringComparer.Ordinal);
    }
}
